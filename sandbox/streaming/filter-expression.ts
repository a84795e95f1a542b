import { unreachable } from '../../src/kit/assert.ts';
import type { FieldDef } from '../schema/field.ts';
import type { ObjectDef } from '../schema/schema.ts';
import { SalesforceError } from '../salesforce-error.ts';
import type { Comparison, Condition, Literal } from '../soql/ast.ts';
import { parseQuery } from '../soql/parse.ts';
import { likePattern } from './like-pattern.ts';
import { FILTER_CHARS_MAX } from './limits.ts';

/** What an event says: of its fields, and of `ChangeEventHeader.changeType` and the like. */
type ValueOf = (path: string) => unknown;

/** A channel member's filter: `Industry = 'Banking' AND ChangeEventHeader.changeType = 'UPDATE'`. */
export interface EventFilterExpression {
  /** The object's fields it names, by their API names. */
  readonly fields: readonly string[];
  accepts(valueOf: ValueOf): boolean;
}

const HEADER_FIELDS = [
  'entityName',
  'changeType',
  'changeOrigin',
  'transactionKey',
  'sequenceNumber',
  'commitTimestamp',
  'commitNumber',
  'commitUser',
] as const;

/**
 * Reads a filter as Salesforce does: a subset of SOQL's conditions over the event's own fields.
 * @throws SalesforceError
 */
export function parseFilter(text: string, object: ObjectDef): EventFilterExpression {
  if (text.length > FILTER_CHARS_MAX)
    throw refused(`A filter expression has ${FILTER_CHARS_MAX} characters at most`);
  let condition: Condition | undefined;
  try {
    condition = parseQuery(`SELECT Id FROM ${object.name} WHERE ${text}`).where;
  } catch (error) {
    if (error instanceof SalesforceError) throw refused(error.message);
    throw error;
  }
  if (condition === undefined) throw refused('The filter expression is empty');
  const fields = new Set<string>();
  const accepts = compile(condition, object, fields);
  return { fields: [...fields], accepts };
}

type Accepts = EventFilterExpression['accepts'];

function compile(condition: Condition, object: ObjectDef, fields: Set<string>): Accepts {
  switch (condition.kind) {
    case 'and':
    case 'or': {
      const terms = condition.terms.map((term) => compile(term, object, fields));
      return condition.kind === 'and'
        ? (valueOf) => terms.every((term) => term(valueOf))
        : (valueOf) => terms.some((term) => term(valueOf));
    }
    case 'not':
      throw refused("The operator 'NOT' is not supported in a filter expression");
    case 'comparison':
      return compileComparison(condition, object, fields);
    default:
      return unreachable(condition);
  }
}

function compileComparison(
  comparison: Comparison,
  object: ObjectDef,
  fields: Set<string>,
): Accepts {
  const { left, operator, right } = comparison;
  if (left.kind !== 'path') throw refused('Functions are not supported in a filter expression');
  const path = resolve(
    left.names.map(({ text }) => text),
    object,
    fields,
  );
  if (right.kind === 'subquery')
    throw refused('Subqueries are not supported in a filter expression');
  if (operator === 'INCLUDES' || operator === 'EXCLUDES')
    throw refused(`The operator '${operator}' is not supported in a filter expression`);
  const wanted = (right.kind === 'list' ? right.values : [right]).map(literalOf);
  const test = testOf(operator, wanted);
  return (valueOf) => test(valueOf(path));
}

function resolve(names: readonly string[], object: ObjectDef, fields: Set<string>): string {
  const [first = '', second, ...more] = names;
  if (second === undefined) {
    const field = findField(object, first);
    if (field === undefined) throw refused(`Invalid field: ${first}`);
    fields.add(field.name);
    return field.name;
  }
  const known = HEADER_FIELDS.find((name) => name.toLowerCase() === second.toLowerCase());
  if (more.length > 0 || first.toLowerCase() !== 'changeeventheader' || known === undefined)
    throw refused(`Invalid field: ${names.join('.')}`);
  return `ChangeEventHeader.${known}`;
}

function findField(object: ObjectDef, name: string): FieldDef | undefined {
  return object.fields.find((field) => field.name.toLowerCase() === name.toLowerCase());
}

type Plain = string | number | boolean | null;

function literalOf(literal: Literal): { readonly value: Plain; readonly pattern: string } {
  switch (literal.kind) {
    case 'null':
      return { value: null, pattern: '' };
    case 'boolean':
      return { value: literal.value, pattern: '' };
    case 'number':
    case 'currency':
      return { value: Number(literal.text), pattern: '' };
    case 'string':
      return { value: literal.value.toLowerCase(), pattern: literal.pattern };
    case 'date':
    case 'datetime':
    case 'time':
      return { value: momentOf(literal.text) ?? literal.text, pattern: '' };
    case 'period':
      throw refused(
        `Date literals such as ${literal.name} are not supported in a filter expression`,
      );
    default:
      return unreachable(literal);
  }
}

function testOf(
  operator: Exclude<Comparison['operator'], 'INCLUDES' | 'EXCLUDES'>,
  wanted: readonly ReturnType<typeof literalOf>[],
): (value: unknown) => boolean {
  const [first] = wanted;
  if (first === undefined) return () => false;
  const equals = (value: unknown, other: Plain): boolean => compare(value, other) === 0;
  switch (operator) {
    case '=':
      return (value) => equals(value, first.value);
    case '!=':
      return (value) => !equals(value, first.value);
    case 'IN':
      return (value) => wanted.some((one) => equals(value, one.value));
    case 'NOT IN':
      return (value) => !wanted.some((one) => equals(value, one.value));
    case 'LIKE': {
      const matches = likePattern(first.pattern);
      return (value) => typeof value === 'string' && matches(value);
    }
    case '<':
      return (value) => (compare(value, first.value) ?? 0) < 0;
    case '>':
      return (value) => (compare(value, first.value) ?? 0) > 0;
    case '<=':
      return (value) => (compare(value, first.value) ?? 1) <= 0;
    case '>=':
      return (value) => (compare(value, first.value) ?? -1) >= 0;
    default:
      return unreachable(operator);
  }
}

/** Below, at or above 0; undefined where the two cannot be compared. Texts are compared whatever their case. */
function compare(value: unknown, other: Plain): number | undefined {
  const missing = value === undefined || value === null;
  // To Salesforce an empty checkbox is an unticked one.
  if (typeof other === 'boolean') return Number(missing ? false : value) - Number(other);
  if (missing || other === null) return missing && other === null ? 0 : undefined;
  if (typeof other === 'number') {
    const number = typeof value === 'string' ? momentOf(value) : Number(value);
    return number === undefined || Number.isNaN(number) ? undefined : number - other;
  }
  if (typeof value !== 'string') return undefined;
  const text = value.toLowerCase();
  return text < other ? -1 : text > other ? 1 : 0;
}

/** A date, a moment or a time of day as a number. */
function momentOf(text: string): number | undefined {
  const iso = /^\d\d:\d\d/.test(text) ? `1970-01-01T${text}` : text;
  const moment = Date.parse(iso.replace(/\+0000$/, 'Z'));
  return Number.isNaN(moment) ? undefined : moment;
}

function refused(reason: string): SalesforceError {
  return new SalesforceError('FIELD_INTEGRITY_EXCEPTION', `Invalid filter expression: ${reason}`, {
    fields: ['FilterExpression'],
  });
}
