import { canonical } from '../core/values.ts';
import type { MappedField, MappingPlan } from '../core/plan.ts';
import type { ChangeWindow } from '../ports.ts';
import { QUERY_ADDRESS_CHARACTERS_MAX } from '../limits.ts';

/** A query in parts: what does not fit into one address asks for its fields in several. */
export interface Query {
  readonly object: string;
  readonly fields: readonly string[];
  readonly where: string;
  readonly order?: string;
  readonly limit?: number;
  /** Whether records of the recycle bin are wanted too. */
  readonly deleted: boolean;
}

/** Names have passed the describe's schema; they are letters, digits, underscores and the dots of parent paths. */
export function queryText({ object, fields, where, order, limit }: Query): string {
  return [
    `SELECT ${fields.join(',')} FROM ${object}`,
    where === '' ? '' : ` WHERE ${where}`,
    order === undefined ? '' : ` ORDER BY ${order}`,
    limit === undefined ? '' : ` LIMIT ${limit}`,
  ].join('');
}

/** Records that changed in the window, in the order of (stamp, Id): the order a sweep is continued by. */
export function changesQuery(plan: MappingPlan, { since, after, max }: ChangeWindow): Query {
  const stamp = plan.stampField ?? 'CreatedDate';
  const from = after === null ? since : dateTime(after.stamp);
  const where = [
    ...(from === null ? [] : [`${stamp} >= ${dateTime(from)}`]),
    // The first condition lets the stamp's index be used; this one leaves out what the last page had.
    ...(after === null
      ? []
      : [`(${stamp} > ${dateTime(after.stamp)} OR Id > ${literal(after.id)})`]),
  ].join(' AND ');
  return {
    object: plan.object,
    fields: fieldsOf(plan),
    where,
    order: `${stamp},Id`,
    limit: max,
    deleted: plan.hasIsDeleted,
  };
}

/** What is asked for of each record: the mapped fields, and what the engine itself needs. */
export function fieldsOf(plan: MappingPlan): readonly string[] {
  const wanted = new Set(['Id', ...plan.fields.map(({ name }) => name)]);
  if (plan.stampField !== null) wanted.add(plan.stampField);
  if (plan.hasIsDeleted) wanted.add('IsDeleted');
  // What may be written is created too, and a record of our own making is then told by its time and, where there is no
  // external id, by its creator.
  if (plan.access === 'read_write') wanted.add('CreatedDate');
  if (needsCreator(plan)) wanted.add('CreatedById');
  return [...wanted];
}

/** Without an external id, a record of our own making is known by its creator and its time. */
function needsCreator({ access, externalId }: MappingPlan): boolean {
  return access === 'read_write' && externalId === null;
}

/** `Id IN ('…')` lists that each fit into an address beside the rest of the query. */
export function lists(
  query: Omit<Query, 'where'>,
  field: string,
  values: readonly string[],
  perListMax: number,
): readonly string[] {
  const room = QUERY_ADDRESS_CHARACTERS_MAX - encoded(queryText({ ...query, where: '' })) - 200;
  const result: string[] = [];
  let list: string[] = [];
  let used = 0;
  for (const value of values.map(literal)) {
    const cost = encoded(`${value},`);
    if (list.length > 0 && (used + cost > room || list.length >= perListMax)) {
      result.push(`${field} IN (${list.join(',')})`);
      list = [];
      used = 0;
    }
    list.push(value);
    used += cost;
  }
  if (list.length > 0) result.push(`${field} IN (${list.join(',')})`);
  return result;
}

/**
 * The fields in groups whose queries each fit into an address; one group for all but the widest objects. `keep` stands
 * in every group.
 */
export function fieldGroups(
  fields: readonly string[],
  keep: readonly string[],
  room: number,
): readonly (readonly string[])[] {
  const groups: string[][] = [];
  let group: string[] = [];
  let used = 0;
  for (const field of fields.filter((name) => !keep.includes(name))) {
    const cost = encoded(`${field},`);
    if (group.length > 0 && used + cost > room) {
      groups.push([...keep, ...group]);
      group = [];
      used = 0;
    }
    group.push(field);
    used += cost;
  }
  groups.push([...keep, ...group]);
  return groups;
}

export function encoded(text: string): number {
  return encodeURIComponent(text).length;
}

/** A string of SOQL. Its escapes are the backslash's; control characters are sent as `\uXXXX`. */
export function literal(text: string): string {
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll("'", "\\'")
    .replace(
      // eslint-disable-next-line no-control-regex
      /[\u0000-\u001f]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
  return `'${escaped}'`;
}

/** A stamp as Salesforce's JSON spells it (`…+0000`), or ISO, as SOQL takes it. */
export function dateTime(text: string): string {
  return canonical('datetime', text) ?? text;
}

/** The value of a field in a record, following a parent path. */
export function valueAt(
  record: Readonly<Record<string, unknown>>,
  { name }: Pick<MappedField, 'name'>,
): unknown {
  let value: unknown = record;
  for (const part of name.split('.')) {
    if (typeof value !== 'object' || value === null) return null;
    const entry = Object.entries(value).find(([key]) => key === part);
    value = entry === undefined ? null : entry[1];
  }
  return value;
}
