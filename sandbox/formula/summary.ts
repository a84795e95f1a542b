import { joinConditions } from '../criteria/boolean-filter.ts';
import { conditionText } from '../criteria/condition.ts';
import { SalesforceError } from '../salesforce-error.ts';
import type { FieldDef, FieldType } from '../schema/field.ts';
import type { ObjectDef, Schema } from '../schema/schema.ts';
import { Build } from '../soql/build.ts';
import { sourceOf } from '../soql/from.ts';
import { parseQuery } from '../soql/parse.ts';
import { compileWhere } from '../soql/where.ts';
import { fieldSql } from '../store/field-sql.ts';
import { columnName } from '../store/layout.ts';
import { compileField, isFormula } from './formula-field.ts';
import { FormulaProblem } from './problem.ts';
import type { Reader } from './template.ts';

/** What a roll-up summary field is made of. */
export interface Summary {
  readonly operation: 'count' | 'sum' | 'min' | 'max';
  /** The object whose records are summed up, and its reference to the one that shows the sum. */
  readonly child: string;
  readonly reference: string;
  /** Null for a count. */
  readonly field: string | null;
  readonly filters: readonly SummaryFilter[];
}

interface SummaryFilter {
  readonly field: string;
  readonly operator: string;
  readonly value: string;
}

/** References that are no master-detail and yet can be summed up, as in Salesforce. */
const STANDARD_DETAILS: ReadonlySet<string> = new Set([
  'CampaignMember.CampaignId',
  'Opportunity.AccountId',
  'Opportunity.CampaignId',
  'OpportunityLineItem.OpportunityId',
  'OrderItem.OrderId',
  'QuoteLineItem.QuoteId',
]);

interface Parts {
  readonly child: ObjectDef;
  readonly reference: FieldDef;
  readonly field: FieldDef | undefined;
}

/** @throws FormulaProblem */
export function checkSummary(schema: Schema, object: ObjectDef, summary: Summary): void {
  const { child, reference, field } = summaryParts(schema, summary);
  const detail = reference.cascadeDelete || STANDARD_DETAILS.has(`${child.name}.${reference.name}`);
  if (!detail || !reference.referenceTo.includes(object.name)) {
    throw new FormulaProblem(
      `${child.name}.${reference.name} is not a master-detail relationship to ${object.name}: a roll-up summary needs one`,
    );
  }
  if (summary.operation !== 'count') {
    if (field === undefined) throw new FormulaProblem('Must specify summarizedField');
    const dates = field.type === 'date' || field.type === 'datetime';
    if (!NUMBERS.has(field.type) && (!dates || summary.operation === 'sum'))
      throw new FormulaProblem(`Field ${field.name} cannot be summarized by ${summary.operation}`);
    if (isFormula(field)) checkOwnRow(schema, child, field);
  }
  try {
    condition(schema, summary, { now: new Date(0), userId: '' });
  } catch (cause) {
    if (cause instanceof SalesforceError) throw new FormulaProblem(cause.message, { cause });
    throw cause;
  }
}

const NUMBERS: ReadonlySet<FieldType> = new Set(['currency', 'double', 'int', 'long', 'percent']);

/** A sum is not computed anew when a parent changes or a day passes: such formulas cannot be summed up. */
function checkOwnRow(schema: Schema, child: ObjectDef, field: FieldDef): void {
  const { joins, value } = compileField(schema, child, field);
  if (joins === '' && !/[\uE013\uE014]/.test(value.sql)) return;
  throw new FormulaProblem(
    `Field ${field.name} may not be summarized: its formula refers to other objects or to the present`,
  );
}

function summaryParts(schema: Schema, summary: Summary): Parts {
  const child = schema.findObject(summary.child);
  const reference = child === undefined ? undefined : schema.findField(child, summary.reference);
  if (child === undefined || reference === undefined || reference.column === null)
    throw new FormulaProblem(
      `Field ${summary.child}.${summary.reference} does not exist. Check spelling.`,
    );
  if (summary.field === null) return { child, reference, field: undefined };
  const field = schema.findField(child, summary.field);
  if (field === undefined)
    throw new FormulaProblem(`Field ${summary.field} does not exist. Check spelling.`);
  return { child, reference, field };
}

/** The children of the parents whose ids are `$1`, summed up: rows `parent`, and a column for each summary, `s0`, `s1`, …. */
export function summarySql(
  schema: Schema,
  summary: Summary,
  reader: Reader,
): { readonly sql: string; readonly none: string } {
  const { reference, field } = summaryParts(schema, summary);
  const { from, where, alias } = condition(schema, summary, reader);
  const parent = `${alias}.${columnName(reference)}`;
  const value = field === undefined ? '*' : forField(alias, field);
  const aggregate = `${summary.operation}(${value})`;
  return {
    sql: `select ${parent} as parent, ${aggregate} as value from ${from} where ${where} and ${parent} = any($1::text[]) group by 1`,
    none: summary.operation === 'count' || summary.operation === 'sum' ? '0' : 'null',
  };
}

function forField(alias: string, field: FieldDef): string {
  // Money is added in decimals, not in binary fractions.
  const sql = fieldSql(alias, field);
  return NUMBERS.has(field.type) ? `(${sql})::numeric` : sql;
}

/** The children that count, found by SOQL: text whatever its case, several values by commas. */
function condition(
  schema: Schema,
  { child: name, filters }: Summary,
  { now, userId }: Reader,
): { readonly from: string; readonly where: string; readonly alias: string } {
  const child = schema.findObject(name);
  if (child === undefined)
    throw new FormulaProblem(`Object ${name} does not exist. Check spelling.`);
  const conditions = filters.map(({ field: path, operator, value }) => {
    const field = schema.findField(child, path);
    if (field === undefined)
      throw new FormulaProblem(`Field ${path} does not exist. Check spelling.`);
    return conditionText({ path: field.name, field, operator, value });
  });
  const filter = conditions.length === 0 ? '' : ` WHERE ${joinConditions(conditions, null)}`;
  const text = `SELECT Id FROM ${child.name}${filter}`;
  const build = new Build(text, { schema, now, apiVersion: '60.0', userId, includeDeleted: false });
  const query = parseQuery(text);
  const source = sourceOf(build, query);
  const where = compileWhere(build, source, query);
  return { from: build.inline(source.from), where: build.inline(where), alias: source.alias };
}
