import { unreachable } from '../../src/kit/assert.ts';
import type { SalesforceError } from '../salesforce-error.ts';
import { findId18 } from '../store/record-id.ts';
import type { Literal } from './ast.ts';
import type { Build } from './build.ts';
import { FILTER_STRING_CHARACTERS_MAX } from './limits.ts';
import { kindOf, type Operand } from './operand.ts';

/** A literal of the left side's type as SQL, comparable with the left side (text folded alike). */
export function compileLiteral(build: Build, left: Operand, literal: Literal): string {
  const kind = kindOf(left.type);
  switch (kind) {
    case 'id': {
      if (literal.kind !== 'string') throw wrongType(build, left);
      const id = findId18(literal.value);
      if (id === undefined)
        throw invalidOperator(build, left, `invalid ID field: ${literal.value}`);
      return build.value(id, 'text');
    }
    case 'text':
    case 'picks': {
      if (literal.kind !== 'string') throw wrongType(build, left);
      checkLength(build, literal);
      const value = build.value(literal.value, 'text');
      return left.field?.caseSensitive === true ? value : `lower(${value})`;
    }
    case 'integer':
    case 'decimal': {
      if (literal.kind !== 'number' && literal.kind !== 'currency') throw wrongType(build, left);
      return compileNumber(build, kind, literal);
    }
    case 'date':
    case 'datetime':
    case 'time':
      return compileTemporal(build, left, literal);
    case 'boolean':
    case 'binary':
    case 'compound':
      throw wrongType(build, left);
    default:
      return unreachable(kind);
  }
}

function compileNumber(
  build: Build,
  kind: 'integer' | 'decimal',
  literal: Extract<Literal, { kind: 'number' | 'currency' }>,
): string {
  const { text } = literal;
  if (!Number.isFinite(Number(text))) {
    throw build.problem('NUMBER_OUTSIDE_VALID_RANGE', `number out of range: ${text}`, literal);
  }
  if (kind === 'decimal') return build.value(text, 'double precision');
  return build.value(text, /^-?\d{1,18}$/.test(text) ? 'bigint' : 'numeric');
}

function compileTemporal(build: Build, left: Operand, literal: Literal): string {
  if (literal.kind !== left.type) throw wrongType(build, left);
  if (literal.kind !== 'date' && literal.kind !== 'datetime' && literal.kind !== 'time') {
    throw wrongType(build, left);
  }
  const shown = literal.kind === 'time' ? `1970-01-01T${literal.text}` : literal.text;
  if (!isMoment(shown))
    throw build.problem('MALFORMED_QUERY', `Invalid ${literal.kind}: ${literal.text}`, literal);
  if (literal.kind === 'time') return build.value(literal.text.replace(/z$/i, ''), 'time');
  return build.value(literal.text, literal.kind === 'date' ? 'date' : 'timestamptz');
}

/** Whether the text is a day of the calendar, with an hour that exists if it has one. */
function isMoment(text: string): boolean {
  const day = text.slice(0, 10);
  const date = new Date(`${day}T00:00:00Z`);
  if (Number.isNaN(date.getTime()) || date.toISOString().slice(0, 10) !== day || day < '0001')
    return false;
  return (
    text.length === 10 || !Number.isNaN(Date.parse(text.replace(/([+-]\d{2})(\d{2})$/, '$1:$2')))
  );
}

export function checkLength(build: Build, literal: Extract<Literal, { kind: 'string' }>): void {
  if (literal.value.length <= FILTER_STRING_CHARACTERS_MAX) return;
  throw build.problem(
    'MALFORMED_QUERY',
    `String literals in a WHERE clause cannot be longer than ${FILTER_STRING_CHARACTERS_MAX} characters`,
    literal,
  );
}

export function invalidOperator(build: Build, left: Operand, message: string): SalesforceError {
  return build.problem('INVALID_QUERY_FILTER_OPERATOR', message, left);
}

/** The names Salesforce's sentence uses for types. */
const TYPE_WORDS: Readonly<Record<string, string>> = {
  datetime: 'dateTime',
  currency: 'double',
  percent: 'double',
};

export function wrongType(build: Build, left: Operand): SalesforceError {
  const kind = kindOf(left.type);
  const quoted = kind === 'text' || kind === 'picks' || kind === 'id';
  const type = kind === 'text' ? 'string' : (TYPE_WORDS[left.type] ?? left.type);
  const should = quoted
    ? `must be of type ${type} and should be enclosed in quotes`
    : `must be of type ${type} and should not be enclosed in quotes`;
  return build.problem(
    'INVALID_FIELD',
    `value of filter criterion for field '${left.label}' ${should}`,
    left,
  );
}
