import type pg from 'pg';
import { z } from 'zod';

import { inTransaction } from '../../src/kit/transaction.ts';
import type { TablePlan } from '../core/table-plan.ts';
import { fault } from '../faults.ts';
import { alterTable, inTheWay, type Change } from './alter-table.ts';
import { fingerprintOf, isAsBefore, noteFingerprint, type Made } from './fingerprint.ts';
import { clearLoad } from './load-state.ts';
import { captureObjects, createTable } from './mapped-table.ts';
import { prepareSchema } from './prepare-schema.ts';
import { onSurface, ours, schemaNames, type SchemaNames } from './schema-names.ts';
import { BEGIN } from './session.ts';

export interface AppliedMapping {
  readonly objectName: string;
  readonly tableName: string;
  readonly change: 'created' | 'altered' | 'unchanged';
  /** True where rows must be read (again): a new table, or columns that are still empty. */
  readonly needsLoad: boolean;
}

export interface MappingsToApply {
  readonly schema: string;
  readonly organizationId: string | undefined;
  readonly plans: readonly TablePlan[];
}

/**
 * Makes the tables, columns, indexes and triggers of the given mappings, or brings those that are there to what the
 * mappings now say. Mappings that are not given are left alone.
 *
 * All of it is one transaction under one lock per schema: a refusal or a crash anywhere leaves the database as it was,
 * and applying the same mappings again changes nothing.
 */
export async function applyMappings(
  pool: pg.Pool,
  { schema, organizationId, plans }: MappingsToApply,
): Promise<readonly AppliedMapping[]> {
  return inTransaction(
    pool,
    async (client) => {
      const names = await prepareSchema(client, schema, organizationId);
      const applied: AppliedMapping[] = [];
      for (const plan of plans) applied.push(await applyMapping(client, names, plan));
      return applied;
    },
    BEGIN,
  );
}

/**
 * Takes a mapping's table away, with its triggers and bookkeeping. Its log rows stay: what was captured is history.
 * One transaction, so a crash leaves either all of it or nothing.
 */
export async function dropMapping(
  pool: pg.Pool,
  { schema, plan }: { readonly schema: string; readonly plan: Pick<TablePlan, 'table'> },
): Promise<void> {
  await inTransaction(
    pool,
    async (client) => {
      const names = await prepareSchema(client, schema, undefined);
      const { rowCount } = await client.query(
        `/* dropMapping */ delete from ${ours(names, 'mapped_table')} where table_name = $1`,
        [plan.table.name],
      );
      if (rowCount === 0) return;
      await client.query(`drop table if exists ${onSurface(names, plan.table.name)}`);
      for (const made of [
        plan.table.loggerFunction,
        plan.table.statusFunction,
        plan.table.keyFunction,
      ]) {
        await client.query(`drop function if exists ${onSurface(names, made)}()`);
      }
    },
    BEGIN,
  ).catch((error: unknown) => {
    throw inTheWay(error);
  });
}

/** The tables and views of the schema that exist and were not made by Connect. */
export async function findForeignTables(
  pool: pg.Pool,
  schema: string,
): Promise<ReadonlySet<string>> {
  const { rows } = await pool.query(FIND_FOREIGN_TABLES, [schema]);
  const present = z.array(z.object({ name: z.string() })).parse(rows);
  const names = schemaNames(schema);
  const { rows: registered } = await pool.query(FIND_REGISTRY, [names.own]);
  if (registered.length === 0) return new Set(present.map(({ name }) => name));
  const mine = await pool.query(
    `/* findForeignTables */ select table_name as name from ${ours(names, 'mapped_table')}`,
  );
  const known = new Set(
    z
      .array(z.object({ name: z.string() }))
      .parse(mine.rows)
      .map(({ name }) => name),
  );
  return new Set(present.map(({ name }) => name).filter((name) => !known.has(name)));
}

const FIND_FOREIGN_TABLES = `/* findForeignTables */
select c.relname as name
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
 where n.nspname = $1 and c.relkind in ('r', 'p', 'v', 'm', 'f')
   and c.relname not in ('_hcmeta', '_sf_event_log', '_trigger_log', '_trigger_log_archive')`;

const FIND_REGISTRY = `/* findRegistry */
select 1 from pg_tables where schemaname = $1 and tablename = 'mapped_table'`;

async function applyMapping(
  client: pg.ClientBase,
  names: SchemaNames,
  plan: TablePlan,
): Promise<AppliedMapping> {
  const made = madeOf(names, plan);
  const isThere = (await isAsBefore(client, names, made)) && (await hasParts(client, names, plan));
  const change = isThere ? 'unchanged' : await makeMapping(client, names, plan);
  if (!isThere) await noteFingerprint(client, names, made);
  return {
    objectName: plan.objectName,
    tableName: plan.table.name,
    change: change === 'widened' ? 'altered' : change,
    needsLoad: await noteLoad(client, names, { plan, change }),
  };
}

function madeOf(names: SchemaNames, plan: TablePlan): Made {
  return {
    name: plan.table.name,
    fingerprint: fingerprintOf([...createTable(names, plan), ...captureObjects(names, plan)]),
    relations: [onSurface(names, plan.table.name)],
  };
}

/** Whether the table still has its columns and triggers. */
async function hasParts(
  client: pg.ClientBase,
  names: SchemaNames,
  { table, columns }: TablePlan,
): Promise<boolean> {
  const { rows } = await client.query(HAS_PARTS, [
    onSurface(names, table.name),
    columns.map(({ name }) => name),
    [table.loggerTrigger, table.statusTrigger],
  ]);
  const [has] = z.array(z.object({ parts: z.boolean() })).parse(rows);
  return has?.parts === true;
}

const HAS_PARTS = `/* hasParts */
select (select count(*) from pg_attribute where attrelid = $1::regclass and attname = any ($2::text[]) and not attisdropped)
       = cardinality($2::text[])
   and (select count(*) from pg_trigger where tgrelid = $1::regclass and tgname = any ($3::text[]))
       = cardinality($3::text[]) as parts`;

async function makeMapping(
  client: pg.ClientBase,
  names: SchemaNames,
  plan: TablePlan,
): Promise<Change> {
  const known = await isKnown(client, names, plan.table.name);
  const change = known
    ? await alterTable(client, names, plan)
    : await makeTable(client, names, plan);
  for (const statement of captureObjects(names, plan)) await client.query(statement);
  await client.query(writeMapping(names), [plan.table.name, plan.objectName, plan.access]);
  await client.query(writeColumns(names), [
    plan.table.name,
    plan.columns.map(({ name }) => name),
    plan.columns.map(({ field }) => field),
  ]);
  return change;
}

async function isKnown(
  client: pg.ClientBase,
  names: SchemaNames,
  tableName: string,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `/* isKnown */ select 1 from ${ours(names, 'mapped_table')} where table_name = $1
       and to_regclass($2) is not null`,
    [tableName, onSurface(names, tableName)],
  );
  return rowCount === 1;
}

async function makeTable(
  client: pg.ClientBase,
  names: SchemaNames,
  plan: TablePlan,
): Promise<Change> {
  const { rowCount } = await client.query(
    `/* findTable */ select 1 where to_regclass($1) is not null`,
    [onSurface(names, plan.table.name)],
  );
  if (rowCount === 1) {
    throw fault(
      'SCHEMA_UNUSABLE',
      `The table ${plan.table.name} exists already and was not made by this connection. Rename or drop it, or give the connection another schema.`,
    );
  }
  for (const statement of createTable(names, plan)) await client.query(statement);
  return 'created';
}

/**
 * A table with new columns is gone through again in place, since their values were never read; a load that was under
 * way begins anew, since its pages lack the new columns. Without a cursor the engine knows that it has to load.
 */
async function noteLoad(
  client: pg.ClientBase,
  names: SchemaNames,
  { plan, change }: { readonly plan: TablePlan; readonly change: Change },
): Promise<boolean> {
  if (change === 'created') await client.query(markLoaded(names, plan));
  if (change === 'created' || change === 'altered') {
    await clearLoad(client, names, plan.table.name);
    return true;
  }
  const { rowCount } = await client.query(
    `/* noteLoad */ select 1 from ${ours(names, 'cursor')} where table_name = $1`,
    [plan.table.name],
  );
  return rowCount === 0;
}

/**
 * While a new table is being filled its triggers are off, a page at a time; the default says in their place that the
 * rows come from Salesforce. It goes when the load is complete.
 */
const markLoaded = (names: SchemaNames, plan: TablePlan): string =>
  `alter table ${onSurface(names, plan.table.name)} alter column _hc_lastop set default 'SYNCED'`;

const writeMapping = (names: SchemaNames): string => `/* writeMapping */
insert into ${ours(names, 'mapped_table')} (table_name, object_name, access) values ($1, $2, $3)
on conflict (table_name) do update set access = excluded.access`;

const writeColumns = (names: SchemaNames): string => `/* writeColumns */
with wanted as (
  select * from unnest($2::text[], $3::text[]) as w (column_name, field)
), gone as (
  delete from ${ours(names, 'mapped_column')} m
   where m.table_name = $1 and not exists (select 1 from wanted w where w.column_name = m.column_name)
)
insert into ${ours(names, 'mapped_column')} (table_name, column_name, field)
select $1, column_name, field from wanted
on conflict (table_name, column_name) do update set field = excluded.field`;
