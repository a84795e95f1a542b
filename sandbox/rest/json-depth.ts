import { JSON_DEPTH_MAX } from '../limits.ts';
import { SalesforceError } from '../salesforce-error.ts';

const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const OPENING: ReadonlySet<number> = new Set([0x5b, 0x7b]);
const CLOSING: ReadonlySet<number> = new Set([0x5d, 0x7d]);

/**
 * Refuses JSON that is nested beyond the bound, before it is parsed: what walks through it later, as composite's
 * references do, would run out of stack.
 *
 * @throws SalesforceError JSON_PARSER_ERROR
 */
export function assertShallow(json: Buffer): void {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < json.length; at += 1) {
    const byte = json[at] ?? 0;
    if (quoted) {
      if (byte === BACKSLASH) at += 1;
      else if (byte === QUOTE) quoted = false;
    } else if (byte === QUOTE) quoted = true;
    else if (OPENING.has(byte)) depth += 1;
    else if (CLOSING.has(byte)) depth -= 1;
    if (depth > JSON_DEPTH_MAX) {
      throw new SalesforceError(
        'JSON_PARSER_ERROR',
        `The JSON body is nested too deeply: ${JSON_DEPTH_MAX} levels are the most`,
      );
    }
  }
}
