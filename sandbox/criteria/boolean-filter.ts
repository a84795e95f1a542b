import { SalesforceError } from '../salesforce-error.ts';
import { LOGIC_DEPTH_MAX } from './limits.ts';

/**
 * Joins numbered conditions as a filter logic says (`1 AND (2 OR NOT 3)`), fully parenthesized, since SOQL does not mix
 * AND and OR without. Without a logic all of them hold.
 */
export function joinConditions(conditions: readonly string[], logic: string | null): string {
  if (logic === null || logic.trim() === '') return conditions.join(' AND ');
  const tokens = logic.toUpperCase().match(/\d+|AND|OR|NOT|[()]|\S/g) ?? [];
  const parser = new LogicParser(tokens, conditions, logic);
  return parser.parse();
}

/** Enough of a filter logic to know it again. */
const SHOWN_CHARS = 200;

class LogicParser {
  readonly #tokens: readonly string[];
  readonly #conditions: readonly string[];
  readonly #logic: string;
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly string[], conditions: readonly string[], logic: string) {
    this.#tokens = tokens;
    this.#conditions = conditions;
    this.#logic = logic;
  }

  parse(): string {
    const text = this.#either();
    if (this.#at < this.#tokens.length) throw this.#malformed();
    return text;
  }

  #either(): string {
    const parts = [this.#both()];
    while (this.#take('OR')) parts.push(this.#both());
    return parts.length === 1 ? parts.join('') : `(${parts.join(' OR ')})`;
  }

  #both(): string {
    const parts = [this.#one()];
    while (this.#take('AND')) parts.push(this.#one());
    return parts.length === 1 ? parts.join('') : `(${parts.join(' AND ')})`;
  }

  #one(): string {
    if (this.#take('NOT')) return `(NOT ${this.#below(() => this.#one())})`;
    if (this.#take('(')) {
      const inner = this.#below(() => this.#either());
      if (!this.#take(')')) throw this.#malformed();
      return inner;
    }
    const condition = this.#conditions[Number(this.#tokens[this.#at] ?? 0) - 1];
    if (condition === undefined) throw this.#malformed();
    this.#at += 1;
    return condition;
  }

  #below(parse: () => string): string {
    this.#depth += 1;
    if (this.#depth > LOGIC_DEPTH_MAX) throw this.#malformed();
    const text = parse();
    this.#depth -= 1;
    return text;
  }

  #take(token: string): boolean {
    if (this.#tokens[this.#at] !== token) return false;
    this.#at += 1;
    return true;
  }

  #malformed(): SalesforceError {
    return new SalesforceError(
      'BAD_REQUEST',
      `The filter logic is invalid: ${this.#logic.slice(0, SHOWN_CHARS)}`,
    );
  }
}
