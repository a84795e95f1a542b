import type pg from 'pg';
import { z } from 'zod';

import { quoteName } from '../../src/kit/identifiers.ts';
import { inTransaction } from '../../src/kit/transaction.ts';
import type { ColumnPlan, TablePlan } from '../core/table-plan.ts';
import { fault } from '../faults.ts';
import { DDL_LOCK_TIMEOUT_MS } from '../limits.ts';
import { clearLoad } from './load-state.ts';
import { addColumn, captureObjects, createIndex, createTable } from './mapped-table.ts';
import { ownObjects } from './own-tables.ts';
import { onSurface, ours, schemaNames, type SchemaNames } from './schema-names.ts';
import { BEGIN } from './session.ts';
import { GET_XMLBINARY, systemObjects } from './system-tables.ts';

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

/** The schema's fixed objects, made where they are missing; holds the schema's lock until the transaction ends. */
async function prepareSchema(
  client: pg.ClientBase,
  schema: string,
  organizationId: string | undefined,
): Promise<SchemaNames> {
  await client.query(`set local lock_timeout = ${DDL_LOCK_TIMEOUT_MS}`);
  // "if not exists" says in a notice what was there; the log of the server is not the place for it.
  await client.query(`set local client_min_messages = warning`);
  await client.query(`/* lockSchema */ select pg_advisory_xact_lock(hashtextextended($1, 0))`, [
    `landbridge ${schema}`,
  ]);
  await client.query('create extension if not exists hstore with schema public');
  const names = schemaNames(schema, await getHstoreSchema(client));
  await makeCaptureSwitch(client);
  for (const statement of [...systemObjects(names), ...ownObjects(names)]) {
    await client.query(statement);
  }
  if (organizationId !== undefined) {
    await client.query(writeMeta(names), [organizationId]);
  }
  return names;
}

export async function getHstoreSchema(client: pg.ClientBase | pg.Pool): Promise<string> {
  const { rows } = await client.query(`/* getHstoreSchema */
select n.nspname as schema from pg_extension e join pg_namespace n on n.oid = e.extnamespace
 where e.extname = 'hstore'`);
  const [row] = z.array(z.object({ schema: z.string() })).parse(rows);
  if (row === undefined) {
    throw fault(
      'DATABASE_REFUSED',
      'The database has no extension hstore. Create it, then try again.',
    );
  }
  return row.schema;
}

/** A function of that name made by somebody else (a database that was Heroku Connect's) does the same, and is left alone. */
async function makeCaptureSwitch(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query(`/* findCaptureSwitch */
select pg_has_role(current_user, proowner, 'usage') as "replaceable"
  from pg_proc where oid = to_regprocedure('public.get_xmlbinary()')`);
  const [row] = z.array(z.object({ replaceable: z.boolean() })).parse(rows);
  if (row === undefined || row.replaceable) await client.query(GET_XMLBINARY);
}

const writeMeta = (names: SchemaNames): string => `/* writeMeta */
insert into ${onSurface(names, '_hcmeta')} (hcver, org_id, details)
select 1, $1::text, 'landbridge'
 where not exists (select 1 from ${onSurface(names, '_hcmeta')} where org_id = $1::text)`;

async function applyMapping(
  client: pg.ClientBase,
  names: SchemaNames,
  plan: TablePlan,
): Promise<AppliedMapping> {
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
  const needsLoad = await noteLoad(client, names, { plan, change });
  return {
    objectName: plan.objectName,
    tableName: plan.table.name,
    change: change === 'widened' ? 'altered' : change,
    needsLoad,
  };
}

type Change = 'created' | 'altered' | 'widened' | 'unchanged';

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

const Existing = z.object({ name: z.string(), type: z.string(), mine: z.boolean() });
type Existing = z.infer<typeof Existing>;

/** Adds the columns that are new, takes away those that are mapped no longer, and gives others the type they now have. */
async function alterTable(
  client: pg.ClientBase,
  names: SchemaNames,
  plan: TablePlan,
): Promise<Change> {
  const { rows } = await client.query(findColumns(names), [
    onSurface(names, plan.table.name),
    plan.table.name,
  ]);
  const existing = z.array(Existing).parse(rows);
  const alterations = plan.columns.map((column) => alterColumn({ names, plan, column }, existing));
  const table = onSurface(names, plan.table.name);
  const dropped = existing
    .filter(({ name, mine }) => mine && !plan.columns.some((column) => column.name === name))
    .map(({ name }) => `alter table ${table} drop column ${quoteName(name)}`);
  for (const statement of [...dropped, ...alterations.flatMap(({ statements }) => statements)]) {
    await client.query(statement).catch((error: unknown) => {
      throw inTheWay(error);
    });
  }
  await alterIndexes(client, names, plan);
  if (alterations.some(({ empties }) => empties)) return 'altered';
  return dropped.length > 0 || alterations.some(({ statements }) => statements.length > 0)
    ? 'widened'
    : 'unchanged';
}

interface Alteration {
  readonly statements: readonly string[];
  /** True where the column is empty afterwards and its values must be read. */
  readonly empties: boolean;
}

function alterColumn(
  { names, plan, column }: { names: SchemaNames; plan: TablePlan; column: ColumnPlan },
  existing: readonly Existing[],
): Alteration {
  const table = onSurface(names, plan.table.name);
  const name = quoteName(column.name);
  const found = existing.find((candidate) => candidate.name === column.name);
  if (found === undefined) return { statements: [addColumn(names, plan, column)], empties: true };
  if (!found.mine) {
    throw fault(
      'SCHEMA_UNUSABLE',
      `The table ${plan.table.name} has a column ${column.name} that was not made by this connection. Rename it, then map ${column.field}.`,
    );
  }
  if (found.type === column.type) return { statements: [], empties: false };
  if (isWider(found.type, column.type)) {
    return {
      statements: [`alter table ${table} alter column ${name} type ${column.type}`],
      empties: false,
    };
  }
  return {
    statements: [`alter table ${table} drop column ${name}`, addColumn(names, plan, column)],
    empties: true,
  };
}

const VARCHAR = /^character varying\((\d+)\)$/;

/** True where every value of the old type is one of the new; PostgreSQL then keeps the table's rows as they are. */
function isWider(before: string, after: string): boolean {
  const from = VARCHAR.exec(before)?.[1];
  const to = VARCHAR.exec(after)?.[1];
  if (from === undefined) return before === 'integer' && after === 'bigint';
  return after === 'text' || (to !== undefined && Number(to) >= Number(from));
}

/** Makes the indexes the plan has and takes away Connect's own that it no longer has; the application's are left alone. */
async function alterIndexes(
  client: pg.ClientBase,
  names: SchemaNames,
  plan: TablePlan,
): Promise<void> {
  const { rows } = await client.query(FIND_INDEXES, [names.surface, plan.table.name]);
  const existing = z
    .array(z.object({ name: z.string() }))
    .parse(rows)
    .map(({ name }) => name);
  for (const name of existing) {
    if (!plan.indexes.some((index) => index.name === name) && isOurIndex(name, plan.table.name)) {
      await client.query(`drop index ${onSurface(names, name)}`);
    }
  }
  for (const index of plan.indexes) {
    if (!existing.includes(index.name)) await client.query(createIndex(names, plan, index));
  }
}

function isOurIndex(name: string, table: string): boolean {
  return name.startsWith(`hc_idx_${table}_`) || name.startsWith(`hcu_idx_${table}_`);
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

const findColumns = (names: SchemaNames): string => `/* findColumns */
select a.attname as name, format_type(a.atttypid, a.atttypmod) as type,
       exists (select 1 from ${ours(names, 'mapped_column')} m
                where m.table_name = $2 and m.column_name = a.attname) as mine
  from pg_attribute a
 where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped`;

const FIND_INDEXES = `/* findIndexes */
select indexname as name from pg_indexes where schemaname = $1 and tablename = $2`;

/** Errors of statements that something of the application's own stands in the way of (a view on a column, a foreign key). */
const DEPENDENT_OBJECTS = '2BP01';

function inTheWay(error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error) || error.code !== DEPENDENT_OBJECTS) {
    return error;
  }
  const detail = 'detail' in error ? String(error.detail) : '';
  return fault(
    'SCHEMA_UNUSABLE',
    `Something of the application's depends on a column or table that is mapped no longer: ${detail} Drop it, then try again.`,
    { cause: error },
  );
}
