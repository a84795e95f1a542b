import { SalesforceError } from '../salesforce-error.ts';
import type { FieldDef } from '../schema/field.ts';
import { joinConditions } from './boolean-filter.ts';
import { splitValues, type Criterion } from './condition.ts';

/**
 * A criterion of metadata as a condition of the formula language, for criteria that are asked of records about to be
 * written: text whatever its case, several values by commas.
 */
export function formulaText({ path, field, operator, value }: Criterion): string {
  const given = splitValues(value);
  const any = (test: (text: string) => string): string =>
    joined(given.map(test).map(decided), 'OR');
  const words = `LOWER(${textOf(path, field)})`;
  switch (operator.toLowerCase()) {
    case 'equals':
      return any((text) => equality({ path, field }, text));
    case 'notequal':
      return `NOT(${any((text) => equality({ path, field }, text))})`;
    case 'contains':
      return any((text) => `CONTAINS(${words}, ${literal(text.toLowerCase())})`);
    case 'notcontain':
      return `NOT(${any((text) => `CONTAINS(${words}, ${literal(text.toLowerCase())})`)})`;
    case 'startswith':
      return any((text) => `BEGINS(${words}, ${literal(text.toLowerCase())})`);
    case 'includes':
      return any((text) => `INCLUDES(${path}, ${literal(text)})`);
    case 'excludes':
      return `NOT(${any((text) => `INCLUDES(${path}, ${literal(text)})`)})`;
    case 'lessthan':
      return any((text) => `${path} < ${constant(field, text)}`);
    case 'greaterthan':
      return any((text) => `${path} > ${constant(field, text)}`);
    case 'lessorequal':
      return any((text) => `${path} <= ${constant(field, text)}`);
    case 'greaterorequal':
      return any((text) => `${path} >= ${constant(field, text)}`);
    default:
      throw new SalesforceError(
        'BAD_REQUEST',
        `The sandbox org does not implement the filter operator ${operator}`,
      );
  }
}

/** Conditions joined by a filter logic; without one all of them hold. */
export function joinFormulas(conditions: readonly string[], logic: string | null): string {
  const marks = conditions.map((_, index) => `{${index}}`);
  return joinConditions(marks, logic)
    .replaceAll(' AND ', ' && ')
    .replaceAll(' OR ', ' || ')
    .replaceAll('(NOT ', 'NOT(')
    .replaceAll(/\{(\d+)\}/g, (_, index: string) => `(${conditions[Number(index)] ?? 'FALSE'})`);
}

/** Comparisons with blank are neither true nor false; a criterion is not met then. */
function decided(condition: string): string {
  return `IF(${condition}, TRUE, FALSE)`;
}

function joined(parts: readonly string[], word: 'OR'): string {
  return parts.length === 1 ? parts.join('') : `${word}(${parts.join(', ')})`;
}

function textOf(path: string, { type }: FieldDef): string {
  return type === 'picklist' ? `TEXT(${path})` : path;
}

function equality({ path, field }: Pick<Criterion, 'path' | 'field'>, text: string): string {
  if (field.type === 'boolean') return `${path} = ${constant(field, text)}`;
  if (text === '') return `ISBLANK(${textOf(path, field)})`;
  if (field.type === 'multipicklist') return `INCLUDES(${path}, ${literal(text)})`;
  if (field.type === 'id' || field.type === 'reference') return `${path} = ${literal(text)}`;
  if (EXACT.has(field.type)) return `${path} = ${constant(field, text)}`;
  return `LOWER(${textOf(path, field)}) = ${literal(text.toLowerCase())}`;
}

const NUMBERS: ReadonlySet<string> = new Set(['currency', 'double', 'int', 'long', 'percent']);
const EXACT: ReadonlySet<string> = new Set([...NUMBERS, 'date', 'datetime']);

function constant(field: FieldDef, text: string): string {
  if (field.type === 'boolean') return /^(true|1|yes)$/i.test(text) ? 'TRUE' : 'FALSE';
  if (NUMBERS.has(field.type)) {
    if (text === '' || !Number.isFinite(Number(text))) throw badValue(field, text);
    return field.type === 'percent' ? `(${Number(text)} / 100)` : String(Number(text));
  }
  if (field.type === 'date' || field.type === 'datetime') {
    if (/^today$/i.test(text)) return field.type === 'date' ? 'TODAY()' : 'DATETIMEVALUE(TODAY())';
    const day = /^(\d{4})-(\d{2})-(\d{2})/.exec(text);
    const american = /^(\d{1,2})\/(\d{1,2})\/(\d{4})/.exec(text);
    const [year, month, date] =
      day === null ? [american?.[3], american?.[1], american?.[2]] : day.slice(1);
    if (year === undefined || month === undefined || date === undefined)
      throw badValue(field, text);
    if (field.type === 'date') return `DATE(${Number(year)}, ${Number(month)}, ${Number(date)})`;
    return `DATETIMEVALUE("${year}-${month.padStart(2, '0')}-${date.padStart(2, '0')} 00:00:00")`;
  }
  return literal(text);
}

function badValue(field: FieldDef, text: string): SalesforceError {
  return new SalesforceError('BAD_REQUEST', `Invalid value for ${field.label}: ${text}`);
}

function literal(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', String.raw`\"`)}"`;
}
