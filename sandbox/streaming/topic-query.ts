import { unreachable } from '../../src/kit/assert.ts';
import { SalesforceError } from '../salesforce-error.ts';
import type { Schema } from '../schema/schema.ts';
import type { Argument, Condition } from '../soql/ast.ts';
import { compileQuery } from '../soql/compile.ts';
import type { CompiledQuery } from '../soql/compiled.ts';
import { parseQuery } from '../soql/parse.ts';

/** The standard objects whose records PushTopics watch; all custom objects are watched. */
const WATCHED: ReadonlySet<string> = new Set([
  'Account',
  'Campaign',
  'Case',
  'Contact',
  'ContractLineItem',
  'Entitlement',
  'Lead',
  'LiveChatTranscript',
  'Opportunity',
  'Quote',
  'QuoteLineItem',
  'ServiceContract',
  'Task',
  'WorkOrder',
  'WorkOrderLineItem',
]);

/**
 * Refuses a PushTopic's query for the reasons for which Salesforce does.
 * @throws SalesforceError
 */
export function assertTopicQuery(schema: Schema, text: string, notifyForFields = 'All'): void {
  const parsed = parseQuery(text);
  const where = parsed.where === undefined ? [] : termsOf(parsed.where);
  if (where.some(({ kind }) => kind === 'not')) throw invalid("'NOT' is not supported");
  if (where.some((term) => term.kind === 'comparison' && term.right.kind === 'subquery'))
    throw invalid('semi/anti join sub-selects are not supported');
  if (parsed.orderBy.length > 0) throw invalid("'ORDER BY' clause is not allowed");
  if (parsed.limit !== undefined) throw invalid("'LIMIT' is not allowed");
  if (parsed.offset !== undefined) throw invalid("'OFFSET' clause is not allowed");
  if (parsed.groupBy !== undefined) throw invalid('Aggregate queries are not supported');
  const query = compileTopicQuery({ schema, now: new Date(0), userId: '' }, text);
  if (query.kind !== 'rows') throw invalid('Aggregate queries are not supported');
  if (query.columns.some(({ kind }) => kind !== 'field'))
    throw invalid('relationships are not supported');
  const selected = query.columns.map(({ name }) => name);
  if (!selected.includes('Id')) throw invalid('Id must be in the SELECT clause');
  if (!query.object.custom && !WATCHED.has(query.object.name))
    throw invalid(`${query.object.name} is not supported`);
  assertWatchable(query, whereFields(text), notifyForFields);
}

/** What is looked at for changes must be something besides the id, and nothing that is calculated or too long. */
function assertWatchable(
  query: CompiledQuery,
  filtered: readonly string[],
  notifyForFields: string,
): void {
  for (const name of filtered) {
    const field = query.object.fields.find((one) => one.name.toLowerCase() === name.toLowerCase());
    if (field?.calculated === true)
      throw invalid(`formula field ${field.name} is not supported in the WHERE clause`);
  }
  const others = (names: readonly string[]): boolean =>
    names.some((name) => name.toLowerCase() !== 'id');
  const selects = others(query.columns.map(({ name }) => name));
  const filters = others(filtered);
  const enough =
    notifyForFields === 'All' ||
    (notifyForFields === 'Select' && selects) ||
    (notifyForFields === 'Where' && filters) ||
    (notifyForFields === 'Referenced' && (selects || filters));
  if (!enough)
    throw invalid(
      `a field other than Id must be in the query where NotifyForFields is ${notifyForFields}`,
    );
}

function invalid(reason: string): SalesforceError {
  return new SalesforceError('INVALID_FIELD', `Invalid query: ${reason}`, { fields: ['QUERY'] });
}

/** Deleted records are included: whether a deleted record met the WHERE is seen on what is left of it. */
export function compileTopicQuery(
  of: Pick<Parameters<typeof compileQuery>[1], 'schema' | 'now' | 'userId'>,
  text: string,
): CompiledQuery {
  return compileQuery(text, { ...of, apiVersion: '60.0', includeDeleted: true });
}

/** A condition and all that it is made of. */
function termsOf(condition: Condition): readonly Condition[] {
  switch (condition.kind) {
    case 'and':
    case 'or':
      return [condition, ...condition.terms.flatMap(termsOf)];
    case 'not':
      return [condition, ...termsOf(condition.term)];
    case 'comparison':
      return [condition];
    default:
      return unreachable(condition);
  }
}

/** The fields that a query's WHERE looks at. */
export function whereFields(text: string): readonly string[] {
  const { where } = parseQuery(text);
  return where === undefined
    ? []
    : termsOf(where).flatMap((term) =>
        term.kind === 'comparison' ? fieldsOfOperand(term.left) : [],
      );
}

function fieldsOfOperand(operand: Argument): readonly string[] {
  if (operand.kind === 'path') return operand.names.length === 1 ? [operand.names[0].text] : [];
  if (operand.kind === 'call') return operand.arguments.flatMap(fieldsOfOperand);
  return [];
}
