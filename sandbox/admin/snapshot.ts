import type pg from 'pg';
import { z } from 'zod';

import { quoteName } from '../../src/kit/identifiers.ts';
import { inTransaction } from '../../src/kit/transaction.ts';
import type { Org } from '../org.ts';
import { SalesforceError } from '../salesforce-error.ts';
import { readCustomSchema } from '../schema/custom-store.ts';
import { ORG_SCHEMA } from '../store/layout.ts';

interface Snapshot {
  readonly name: string;
  readonly tables: number;
  readonly records: number;
}

const PREFIX = 'snapshot_';

const Tables = z.array(z.object({ name: z.string() }));
const Columns = z.array(z.object({ name: z.string() }));

/** Copies every record of the org aside, in one transaction. Of an empty table only its emptiness is kept. */
export async function takeSnapshot(org: Org, name: string): Promise<Snapshot> {
  const schema = PREFIX + name;
  return inTransaction(org.pool, async (client) => {
    await client.query(`drop schema if exists ${quoteName(schema)} cascade`);
    await client.query(`create schema ${quoteName(schema)}`);
    const tables = await tablesOf(client, ORG_SCHEMA);
    let records = 0;
    for (const table of tables) {
      const columns = (await columnsOf(client, ORG_SCHEMA, table))
        .map((column) => quoteName(column))
        .join(', ');
      const { rowCount } = await client.query(
        `create table ${quoteName(schema, table)} as select ${columns} from ${quoteName(ORG_SCHEMA, table)}`,
      );
      records += rowCount ?? 0;
    }
    return { name, tables: tables.length, records };
  });
}

/**
 * Puts the org's records back as they were. Tables that are as empty as they were are passed over; the others are
 * emptied and filled again, all in one transaction, so readers see either the one state or the other. Fields and
 * objects added since stay, empty. Nothing is told to the change journal: a restored org has no history.
 */
export async function restoreSnapshot(org: Org, name: string): Promise<Snapshot> {
  const schema = PREFIX + name;
  const restored = await inTransaction(org.pool, async (client) => {
    const kept = new Set(await tablesOf(client, schema));
    if (kept.size === 0)
      throw new SalesforceError('NOT_FOUND', `There is no snapshot named ${name}`);
    const tables = await tablesOf(client, ORG_SCHEMA);
    let records = 0;
    for (const table of tables) {
      const target = quoteName(ORG_SCHEMA, table);
      const from = kept.has(table) ? quoteName(schema, table) : undefined;
      const filled = from !== undefined && !(await isEmpty(client, from));
      if (filled || !(await isEmpty(client, target))) await client.query(`truncate ${target}`);
      if (!filled) continue;
      const names = await columnsOf(client, schema, table);
      const columns = names.map((column) => quoteName(column)).join(', ');
      const { rowCount } = await client.query(
        `insert into ${target} (${columns}) select ${columns} from ${from}`,
      );
      records += rowCount ?? 0;
    }
    return {
      name,
      tables: tables.length,
      records,
      schema: await readCustomSchema(client),
    };
  });
  org.replaceSchema(restored.schema);
  return { name, tables: restored.tables, records: restored.records };
}

export async function dropSnapshot(org: Org, name: string): Promise<void> {
  await org.pool.query(`drop schema if exists ${quoteName(PREFIX + name)} cascade`);
}

async function isEmpty(client: pg.ClientBase, table: string): Promise<boolean> {
  const { rowCount } = await client.query(`select 1 from ${table} limit 1`);
  return rowCount === 0;
}

async function tablesOf(client: pg.ClientBase, schema: string): Promise<readonly string[]> {
  const { rows } = await client.query(READ_TABLES, [schema]);
  return Tables.parse(rows).map(({ name }) => name);
}

const READ_TABLES = `/* readTables */
select relation.relname as name
  from pg_class relation join pg_namespace namespace on namespace.oid = relation.relnamespace
 where namespace.nspname = $1 and relation.relkind = 'r'
 order by 1`;

/** Columns that hold something: computed ones compute themselves again. */
async function columnsOf(
  client: pg.ClientBase,
  schema: string,
  table: string,
): Promise<readonly string[]> {
  const { rows } = await client.query(READ_COLUMNS, [schema, table]);
  return Columns.parse(rows).map(({ name }) => name);
}

const READ_COLUMNS = `/* readStoredColumns */
select attribute.attname as name
  from pg_attribute attribute
  join pg_class relation on relation.oid = attribute.attrelid
  join pg_namespace namespace on namespace.oid = relation.relnamespace
 where namespace.nspname = $1 and relation.relname = $2
   and attribute.attnum > 0 and not attribute.attisdropped and attribute.attgenerated = ''
 order by attribute.attnum`;
