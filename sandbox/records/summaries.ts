import { z } from 'zod';

import { quoteName } from '../../src/kit/identifiers.ts';
import { isFormula } from '../formula/formula-field.ts';
import { FormulaProblem } from '../formula/problem.ts';
import { summarySql, type Summary } from '../formula/summary.ts';
import type { Reader } from '../formula/template.ts';
import { SalesforceError } from '../salesforce-error.ts';
import type { FieldDef } from '../schema/field.ts';
import type { ObjectDef, Schema } from '../schema/schema.ts';
import { columnName, columnType, tableName } from '../store/layout.ts';
import { good } from './checks.ts';
import type { Dml } from './dml.ts';
import type { Draft } from './draft.ts';
import { lockRows } from './lock.ts';
import { bringTotals, TOTALS, type Totals } from './totals.ts';

/**
 * Roll-up summaries are stored with the parent and brought up to date in the transaction that writes its children, for
 * all parents of a call at once: a crash leaves both or neither. The parent is locked first, as in Salesforce, where
 * writing children of one parent at the same time is what UNABLE_TO_LOCK_ROW mostly comes from.
 */

/** The summaries that parents show over the records of one child object, by one of its references. */
export interface SummaryGroup {
  readonly parent: ObjectDef;
  readonly reference: FieldDef;
  readonly fields: readonly (FieldDef & { readonly summary: Summary })[];
  /** The child's fields whose change may change a sum; undefined: any may. */
  readonly reads: ReadonlySet<string> | undefined;
  /** Of totals that are ordinary fields: what finds them. Undefined for roll-up summaries. */
  readonly totals?: Totals;
}

const GROUPS = new WeakMap<Schema, ReadonlyMap<string, readonly SummaryGroup[]>>();
const NONE: readonly SummaryGroup[] = [];

export function summariesOver(schema: Schema, child: ObjectDef): readonly SummaryGroup[] {
  const known = GROUPS.get(schema) ?? groupAll(schema);
  GROUPS.set(schema, known);
  return known.get(child.name) ?? NONE;
}

function groupAll(schema: Schema): ReadonlyMap<string, readonly SummaryGroup[]> {
  const groups = new Map<string, SummaryGroup[]>();
  for (const parent of schema.objects) {
    const own = parent.fields.flatMap((field) =>
      field.summary === null ? [] : [{ ...field, summary: field.summary }],
    );
    const byReference = Map.groupBy(own, ({ summary }) =>
      `${summary.child}.${summary.reference}`.toLowerCase(),
    );
    for (const fields of byReference.values()) {
      const [{ summary } = { summary: undefined }] = fields;
      const child = summary === undefined ? undefined : schema.findObject(summary.child);
      const reference =
        child === undefined || summary === undefined
          ? undefined
          : schema.findField(child, summary.reference);
      if (child === undefined || reference === undefined) continue;
      const list = groups.get(child.name) ?? [];
      list.push({ parent, reference, fields, reads: readsOf(schema, child, fields) });
      groups.set(child.name, list);
    }
  }
  for (const totals of TOTALS) {
    const parent = schema.findObject(totals.parent);
    const child = schema.findObject(totals.child);
    const reference = child === undefined ? undefined : schema.findField(child, totals.reference);
    if (parent === undefined || child === undefined || reference === undefined) continue;
    const list = groups.get(child.name) ?? [];
    list.push({ parent, reference, fields: [], reads: new Set(totals.reads), totals });
    groups.set(child.name, list);
  }
  return groups;
}

function readsOf(
  schema: Schema,
  child: ObjectDef,
  fields: SummaryGroup['fields'],
): ReadonlySet<string> | undefined {
  const names = fields.flatMap(({ summary }) => [
    ...(summary.field === null ? [] : [summary.field]),
    ...summary.filters.map(({ field }) => field),
  ]);
  const found = names.flatMap((name) => schema.findField(child, name) ?? []);
  return found.some((field) => isFormula(field) || field.generated !== null)
    ? undefined
    : new Set(found.map(({ name }) => name));
}

/** What an update must know of the records before: their parents. */
export function summaryReads(schema: Schema, object: ObjectDef): readonly string[] {
  return summariesOver(schema, object).map(({ reference }) => reference.name);
}

/** Parents whose sums a call may change, by group. */
export type Masters = ReadonlyMap<SummaryGroup, ReadonlySet<string>>;
type Before = ReadonlyMap<string, Readonly<Record<string, unknown>>>;

/** Locks the parents of records about to be written; a record whose parent is held by others is refused. */
export async function lockMasters(
  dml: Dml,
  object: ObjectDef,
  { drafts, before }: { readonly drafts: readonly Draft[]; readonly before?: Before },
): Promise<Masters> {
  const masters = new Map<SummaryGroup, ReadonlySet<string>>();
  for (const group of summariesOver(dml.schema, object)) {
    const ids = new Set(good(drafts).flatMap((draft) => touched(group, draft, before)));
    const locked = await lockRows(dml, group.parent, [...ids], 'no key update');
    for (const draft of good(drafts)) {
      const held = touched(group, draft, before)
        .map((id) => locked.get(id))
        .find((row) => row instanceof SalesforceError);
      if (held instanceof SalesforceError) draft.error = held;
    }
    masters.set(group, new Set(good(drafts).flatMap((draft) => touched(group, draft, before))));
  }
  return masters;
}

/** The parents of which one record's change may change a sum: the one it has, and the one it had. */
function touched(
  { reference, reads }: SummaryGroup,
  { id, values }: Draft,
  before: Before | undefined,
): readonly string[] {
  const had = before?.get(id ?? '')?.[reference.name];
  const has = values[reference.name] === undefined ? had : values[reference.name];
  const moved = before === undefined || has !== had;
  const matters =
    moved || reads === undefined || Object.keys(values).some((name) => reads.has(name));
  if (!matters) return [];
  return [...new Set([had, has])].filter((one) => typeof one === 'string');
}

const IdRow = z.object({ id: z.string() });

/** The parents of records that are there, locked. @throws SalesforceError when one cannot be. */
export async function findMasters(
  dml: Dml,
  object: ObjectDef,
  ids: readonly string[],
  without: ReadonlySet<string> = new Set(),
): Promise<Masters> {
  const masters = new Map<SummaryGroup, ReadonlySet<string>>();
  for (const group of summariesOver(dml.schema, object)) {
    const column = columnName(group.reference);
    const { rows } = await dml.client.query(
      `/* findMasters */ select distinct ${column} as id from ${tableName(object)} where "id" = any($1::text[]) and ${column} is not null`,
      [ids],
    );
    const found = z
      .array(IdRow)
      .parse(rows)
      .map(({ id }) => id)
      .filter((id) => !without.has(id));
    const locked = await lockRows(dml, group.parent, found, 'no key update');
    for (const row of locked.values()) if (row instanceof SalesforceError) throw row;
    masters.set(group, new Set(found));
  }
  return masters;
}

/** Adds up anew. A parent whose sums have changed is stamped, and its own parents' sums are added up in turn. */
export async function summarize(dml: Dml, masters: Masters): Promise<void> {
  for (const [group, ids] of masters) {
    if (ids.size === 0) continue;
    if (group.totals !== undefined) {
      await bringTotals(dml, group.totals, [...ids]);
      continue;
    }
    const statement = summaryUpdate(dml.schema, group, { now: dml.now, userId: dml.userId });
    if (statement === undefined) continue;
    const { rows } = await dml.client.query(statement, [[...ids], dml.stamp]);
    const changed = z
      .array(IdRow)
      .parse(rows)
      .map(({ id }) => id);
    if (changed.length === 0) continue;
    const names = new Set(group.fields.map(({ name }) => name));
    const above = await findMasters(dml, group.parent, changed);
    const concerned = [...above].filter(
      ([{ reads }]) => reads === undefined || [...reads].some((name) => names.has(name)),
    );
    await summarize(dml, new Map(concerned));
  }
}

/** Sets the sums of the parents whose ids are `$1`, and their stamps to `$2`. */
function summaryUpdate(schema: Schema, group: SummaryGroup, reader: Reader): string | undefined {
  const stamped = group.parent.fields.some(({ name }) => name === 'SystemModstamp');
  return updateSql(schema, group, {
    reader,
    parents: 'unnest($1::text[]) as master(id)',
    stamp: stamped ? ', "systemmodstamp" = greatest(parent."systemmodstamp", $2::timestamptz)' : '',
    // PostgreSQL must know the type of every parameter.
    where: stamped ? '' : 'and $2::timestamptz is not null',
  });
}

/** Sets the sums of every parent there is, without a stamp: what a new or changed summary begins with. `$1`: their ids. */
export function summaryFill(
  schema: Schema,
  group: SummaryGroup,
  reader: Reader,
): string | undefined {
  const parents = 'unnest($1::text[]) as master(id)';
  return updateSql(schema, group, { reader, parents, stamp: '', where: '' });
}

interface UpdateParts {
  readonly reader: Reader;
  readonly parents: string;
  readonly stamp: string;
  readonly where: string;
}

/** Undefined when what a summary referred to is gone: its value stays as it is. */
function updateSql(
  schema: Schema,
  { parent, fields }: SummaryGroup,
  { reader, parents, stamp, where }: UpdateParts,
): string | undefined {
  if (fields.length === 0) return undefined;
  try {
    const sums = fields.map((field, at) => ({
      column: columnName(field),
      type: columnType(field),
      name: quoteName(`s${at}`),
      ...summarySql(schema, field.summary, reader),
    }));
    const values = sums.map(
      ({ name, none, type }) => `coalesce(${name}.value, ${none})::${type} as ${name}`,
    );
    const joins = sums.map(
      ({ name, sql }) => `left join (${sql}) as ${name} on ${name}.parent = master.id`,
    );
    return `/* summarize */ update ${tableName(parent)} as parent
   set ${sums.map(({ column, name }) => `${column} = fresh.${name}`).join(', ')}${stamp}
  from (select master.id, ${values.join(', ')} from ${parents} ${joins.join(' ')}) as fresh
 where parent."id" = fresh.id ${where}
   and row(${sums.map(({ column }) => `parent.${column}`).join(', ')}) is distinct from row(${sums.map(({ name }) => `fresh.${name}`).join(', ')})
returning parent."id" as id`;
  } catch (error) {
    if (error instanceof FormulaProblem || error instanceof SalesforceError) return undefined;
    throw error;
  }
}
