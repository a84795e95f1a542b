import { SalesforceError } from '../salesforce-error.ts';
import { EXCERPT_AFTER, EXCERPT_BEFORE } from './limits.ts';

/** The codes Salesforce answers a bad query with; all are status 400. */
export type QueryErrorCode =
  | 'MALFORMED_QUERY'
  | 'INVALID_FIELD'
  | 'INVALID_TYPE'
  | 'INVALID_TYPE_FOR_OPERATION'
  | 'INVALID_QUERY_FILTER_OPERATOR'
  | 'NUMBER_OUTSIDE_VALID_RANGE'
  | 'MALFORMED_SEARCH';

export interface Place {
  readonly text: string;
  readonly at: number;
}

/** A refusal that points at its place, the way Salesforce draws it. */
export function problemAt(code: QueryErrorCode, message: string, place: Place): SalesforceError {
  const { row, column, line } = locate(place);
  const start = excerptStart(line, column - 1);
  const excerpt = line.slice(start, excerptEnd(line, column - 1));
  const caret = `${' '.repeat(column - 1 - start)}^`;
  return new SalesforceError(
    code,
    `\n${excerpt}\n${caret}\nERROR at Row:${row}:Column:${column}\n${message}`,
  );
}

function locate({ text, at }: Place): { row: number; column: number; line: string } {
  const lines = text.slice(0, at).split(/\r\n|\r|\n/);
  const row = lines.length;
  const line = text.split(/\r\n|\r|\n/)[row - 1] ?? '';
  return { row, column: (lines.at(-1) ?? '').length + 1, line };
}

/** The excerpt begins and ends between words. */
function excerptStart(line: string, at: number): number {
  if (at <= EXCERPT_BEFORE) return 0;
  const gap = /[\s,]+/.exec(line.slice(at - EXCERPT_BEFORE, at));
  return gap === null ? at : at - EXCERPT_BEFORE + gap.index + gap[0].length;
}

function excerptEnd(line: string, at: number): number {
  const rest = line.slice(at, at + EXCERPT_AFTER);
  if (at + rest.length === line.length) return line.length;
  const gap = Math.max(rest.lastIndexOf(' '), rest.lastIndexOf(','));
  return at + (gap <= 0 ? rest.length : gap);
}
