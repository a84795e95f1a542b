import { SalesforceError } from '../salesforce-error.ts';
import type { FieldDef } from '../schema/field.ts';

/** How Metadata and the Analytics API name comparisons. */
const OPERATORS = [
  'equals',
  'notEqual',
  'lessThan',
  'greaterThan',
  'lessOrEqual',
  'greaterOrEqual',
  'contains',
  'notContain',
  'startsWith',
  'includes',
  'excludes',
] as const;
type Operator = (typeof OPERATORS)[number];

/** One condition of a report, of an approval process or of a workflow rule. */
export interface Criterion {
  /** The path in SOQL: `Account.Industry`. */
  readonly path: string;
  readonly field: FieldDef;
  readonly operator: string;
  /** Several values are separated by commas; one that holds a comma stands in quotes. Empty: a field without value. */
  readonly value: string;
}

/** A criterion as a condition of SOQL. */
export function conditionText(criterion: Criterion): string {
  const { path, field, value } = criterion;
  const operator = readOperator(criterion.operator);
  const given = splitValues(value);
  if (operator === 'contains' || operator === 'notContain' || operator === 'startsWith') {
    const head = operator === 'startsWith' ? '' : '%';
    const words = given.filter((text) => text !== '');
    if (words.length === 0) return `${path} != null`;
    const likes = words.map((text) => `${path} LIKE ${quote(`${head}${escapeLike(text)}%`)}`);
    const any = likes.length === 1 ? likes.join('') : `(${likes.join(' OR ')})`;
    return operator === 'notContain' ? `(NOT ${any})` : any;
  }
  if (operator === 'includes' || operator === 'excludes') {
    return `${path} ${operator.toUpperCase()} (${given.map(quote).join(', ')})`;
  }
  if (operator === 'equals' || operator === 'notEqual') return equality(criterion, operator, given);
  const sign = SIGNS[operator];
  const comparisons = given.map((text) => `${path} ${sign} ${literal(field, text)}`);
  return comparisons.length === 1 ? comparisons.join('') : `(${comparisons.join(' OR ')})`;
}

const SIGNS = {
  lessThan: '<',
  greaterThan: '>',
  lessOrEqual: '<=',
  greaterOrEqual: '>=',
} as const;

function equality(
  { path, field }: Criterion,
  operator: 'equals' | 'notEqual',
  given: readonly string[],
): string {
  const sign = operator === 'equals' ? '=' : '!=';
  const parts = given.map((text) =>
    text === '' && field.type !== 'boolean'
      ? `${path} ${sign} null`
      : `${path} ${sign} ${literal(field, text)}`,
  );
  if (parts.length === 1) return parts.join('');
  return `(${parts.join(operator === 'equals' ? ' OR ' : ' AND ')})`;
}

function readOperator(text: string): Operator {
  const found = OPERATORS.find((name) => name.toLowerCase() === text.toLowerCase());
  if (found !== undefined) return found;
  throw new SalesforceError(
    'BAD_REQUEST',
    `The sandbox org does not implement the filter operator ${text}`,
  );
}

/** `Acme, "Smith, Jones"` → Acme and Smith, Jones. */
export function splitValues(value: string): readonly string[] {
  const parts = value.match(/\s*(?:"(?:[^"]|"")*"|[^,]*)\s*(?:,|$)/g) ?? [];
  const values = parts.map((part) => {
    const text = part.replace(/,$/, '').trim();
    return /^".*"$/s.test(text) ? text.slice(1, -1).replaceAll('""', '"') : text;
  });
  // The pattern also fits the nothing at the end.
  return value.endsWith(',') || values.length < 2 ? values : values.slice(0, -1);
}

function literal(field: FieldDef, text: string): string {
  if (field.type === 'boolean') return /^(true|1|yes)$/i.test(text) ? 'true' : 'false';
  if (field.type === 'date') return dateLiteral(field, text, '');
  if (field.type === 'datetime') return dateLiteral(field, text, 'T00:00:00Z');
  if (!NUMBERS.has(field.type)) return quote(text);
  if (!Number.isFinite(Number(text)) || text === '') throw badValue(field, text);
  return String(Number(text));
}

const NUMBERS: ReadonlySet<string> = new Set(['currency', 'double', 'int', 'long', 'percent']);

function dateLiteral(field: FieldDef, text: string, time: string): string {
  const words = text.toUpperCase().replaceAll(' ', '_');
  if (/^(TODAY|YESTERDAY|TOMORROW|(LAST|THIS|NEXT)_[A-Z_]+(:\d+)?)$/.test(words)) {
    const counted = /^(LAST|NEXT)_(\d+)_(DAYS|WEEKS|MONTHS|QUARTERS|YEARS)$/.exec(words);
    return counted === null ? words : `${counted[1]}_N_${counted[3]}:${counted[2]}`;
  }
  const american = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/.exec(text);
  const day =
    american === null
      ? text
      : `${american[3]}-${(american[1] ?? '').padStart(2, '0')}-${(american[2] ?? '').padStart(2, '0')}`;
  if (/^\d{4}-\d{2}-\d{2}$/.test(day)) return `${day}${time}`;
  const moment = new Date(text);
  if (time === '' || Number.isNaN(moment.getTime())) throw badValue(field, text);
  return moment.toISOString();
}

function badValue(field: FieldDef, text: string): SalesforceError {
  return new SalesforceError('BAD_REQUEST', `Invalid value for ${field.label}: ${text}`);
}

export function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

function escapeLike(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('%', '\\%').replaceAll('_', '\\_');
}
