import type pg from 'pg';
import { z } from 'zod';

import { quoteLiteral, quoteName } from '../../src/kit/identifiers.ts';
import { inTransaction } from '../../src/kit/transaction.ts';
import { EMPTIED_ROWS_MAX } from '../limits.ts';
import type { Org } from '../org.ts';
import { SalesforceError } from '../salesforce-error.ts';
import { readCustomSchema } from '../schema/custom-store.ts';
import { ORG_SCHEMA } from '../store/layout.ts';

interface Snapshot {
  readonly name: string;
  /** Tables that hold something. */
  readonly tables: number;
  readonly records: number;
}

const PREFIX = 'snapshot_';
/** Beside the copies: what each table was like, so that those which have not changed are known without comparing rows. */
const MARKS = '_marks';

/** How many rows a table has, and a sum over all of them that no change leaves as it was. */
const Mark = z.object({ table: z.string(), records: z.coerce.number(), digest: z.string() });
type Mark = Readonly<z.infer<typeof Mark>>;

/** Copies every record of the org aside, in one transaction. Of an empty table only its emptiness is kept. */
export async function takeSnapshot(org: Org, name: string): Promise<Snapshot> {
  const schema = PREFIX + name;
  return inTransaction(org.pool, async (client) => {
    const columns = await readColumns(client, ORG_SCHEMA);
    const marks = await readMarks(client, [...columns.keys()]);
    const copies = marks.map(
      ({ table }) =>
        `create table ${quoteName(schema, table)} as select ${listOf(columns.get(table))} from ${quoteName(ORG_SCHEMA, table)}`,
    );
    await run(client, [
      `drop schema if exists ${quoteName(schema)} cascade`,
      `create schema ${quoteName(schema)}`,
      `create table ${quoteName(schema, MARKS)} ("table" text, records bigint, digest text)`,
      ...copies,
    ]);
    await client.query(
      `/* keepMarks */ insert into ${quoteName(schema, MARKS)}
select * from jsonb_to_recordset($1) as mark("table" text, records bigint, digest text)`,
      [JSON.stringify(marks)],
    );
    return { name, ...totalOf(marks) };
  });
}

/**
 * Puts the org's records back as they were. Tables that are as they were are passed over; the others are emptied and
 * filled again, all in one transaction, so readers see either the one state or the other. Fields and objects added since
 * stay, empty. Nothing is told to the change journal, and events stay as they are: replay ids never go back.
 */
export async function restoreSnapshot(org: Org, name: string): Promise<Snapshot> {
  const schema = PREFIX + name;
  const restored = await inTransaction(org.pool, async (client) => {
    const copied = await readColumns(client, schema);
    if (!copied.has(MARKS))
      throw new SalesforceError('NOT_FOUND', `There is no snapshot named ${name}`);
    const { rows } = await client.query(
      `/* readKeptMarks */ select "table", records, digest from ${quoteName(schema, MARKS)}`,
    );
    const kept = z.array(Mark).parse(rows);
    const tables = [...(await readColumns(client, ORG_SCHEMA)).keys()];
    const present = await readMarks(client, tables);
    await run(client, changesBetween({ schema, copied, kept, present }));
    return { ...totalOf(kept), schema: await readCustomSchema(client) };
  });
  org.replaceSchema(restored.schema);
  return { name, tables: restored.tables, records: restored.records };
}

export async function dropSnapshot(org: Org, name: string): Promise<void> {
  await org.pool.query(`drop schema if exists ${quoteName(PREFIX + name)} cascade`);
}

/** The statements that make the present tables what they were. */
function changesBetween(of: {
  readonly schema: string;
  readonly copied: Columns;
  readonly kept: readonly Mark[];
  readonly present: readonly Mark[];
}): readonly string[] {
  const before = new Map(of.kept.map((mark) => [mark.table, mark]));
  const now = new Map(of.present.map((mark) => [mark.table, mark]));
  const isSame = (table: string): boolean =>
    before.get(table)?.records === now.get(table)?.records &&
    before.get(table)?.digest === now.get(table)?.digest;
  const changed = [...new Set([...before.keys(), ...now.keys()])].filter((table) => !isSame(table));
  return changed.flatMap((table) => {
    const target = quoteName(ORG_SCHEMA, table);
    const rows = now.get(table)?.records ?? 0;
    const columns = listOf(of.copied.get(table));
    return [
      // To truncate is quick for many rows, and slower than to delete for a few.
      ...(rows === 0
        ? []
        : [rows > EMPTIED_ROWS_MAX ? `truncate ${target}` : `delete from ${target}`]),
      ...(before.has(table)
        ? [
            `insert into ${target} (${columns}) select ${columns} from ${quoteName(of.schema, table)}`,
          ]
        : []),
    ];
  });
}

/** Several statements in one journey. */
async function run(client: pg.ClientBase, statements: readonly string[]): Promise<void> {
  if (statements.length > 0) await client.query(statements.join(';\n'));
}

/** The marks of the tables that hold something, in one statement. */
async function readMarks(
  client: pg.ClientBase,
  tables: readonly string[],
): Promise<readonly Mark[]> {
  const marks = tables.map(
    (table) => `select ${quoteLiteral(table)} as "table", count(*) as records,
       coalesce(sum(hashtextextended(record::text, 0)::numeric), 0)::text as digest
  from ${quoteName(ORG_SCHEMA, table)} as record having count(*) > 0`,
  );
  const { rows } = await client.query(`/* readMarks */ ${marks.join('\nunion all\n')}`);
  return z.array(Mark).parse(rows);
}

function totalOf(marks: readonly Mark[]): { readonly tables: number; readonly records: number } {
  return {
    tables: marks.length,
    records: marks.reduce((sum, { records }) => sum + records, 0),
  };
}

type Columns = ReadonlyMap<string, readonly string[]>;

const listOf = (columns: readonly string[] = []): string =>
  columns.map((column) => quoteName(column)).join(', ');

/** The tables of a schema with the columns that hold something: computed ones compute themselves again. */
async function readColumns(client: pg.ClientBase, schema: string): Promise<Columns> {
  const { rows } = await client.query(READ_COLUMNS, [schema]);
  return new Map(
    z
      .array(z.object({ table: z.string(), columns: z.array(z.string()) }))
      .parse(rows)
      .map(({ table, columns }) => [table, columns]),
  );
}

const READ_COLUMNS = `/* readStoredColumns */
select relation.relname as "table", array_agg(attribute.attname::text order by attribute.attnum) as columns
  from pg_class relation
  join pg_namespace namespace on namespace.oid = relation.relnamespace
  join pg_attribute attribute on attribute.attrelid = relation.oid
 where namespace.nspname = $1 and relation.relkind = 'r'
   and attribute.attnum > 0 and not attribute.attisdropped and attribute.attgenerated = ''
 group by relation.relname
 order by 1`;
