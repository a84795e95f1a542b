import type pg from 'pg';
import { z } from 'zod';

import { inTransaction } from '../../src/kit/transaction.ts';
import type { Cursor } from '../core/cursor.ts';
import { LOAD_LOCK_TIMEOUT_MS } from '../limits.ts';
import type { LoadState } from '../ports.ts';
import { placeCursor } from './cursor.ts';
import { ours, type SchemaNames } from './schema-names.ts';
import { BEGIN } from './session.ts';
import { own, type Table } from './table.ts';

const Load = z.object({
  job_id: z.string(),
  token: z.coerce.number(),
  as_of: z.string(),
  locator: z.string().nullable(),
  done: z.boolean(),
  records: z.coerce.number(),
});

/** The load in progress; null where there is none. */
export async function readLoad(table: Table): Promise<LoadState | null> {
  const { rows } = await table.pool.query(readLoadText(table), [table.plan.table]);
  const [row] = z.array(Load).parse(rows);
  if (row === undefined) return null;
  const { job_id: jobId, token, as_of: asOf, locator, done, records } = row;
  return { jobId, token, asOf, locator, done, records };
}

const readLoadText = (table: Table): string => `/* readLoad */
select job_id, token, as_of, locator, done, records from ${own(table, 'load')} where table_name = $1`;

/** Remembers the job before its first page is asked for; what an earlier job had seen no longer counts. */
export async function saveLoad(table: Table, load: LoadState): Promise<void> {
  await inTransaction(
    table.pool,
    async (client) => {
      await client.query(forgetOtherJobText(table), [table.plan.table, load.jobId]);
      await writeLoad(client, table, load);
    },
    BEGIN,
  );
}

const forgetOtherJobText = (table: Table): string => `/* forgetOtherJob */
with other as (
  delete from ${own(table, 'load')} where table_name = $1 and job_id <> $2 returning table_name
)
delete from ${own(table, 'load_seen')} s using other where s.table_name = other.table_name`;

/** Written in the transaction of the page it follows. */
export async function writeLoad(
  client: pg.ClientBase,
  table: Table,
  load: LoadState & { readonly mode?: 'fill' | 'merge' | 'sift' },
): Promise<void> {
  await client.query(writeLoadText(table), [
    table.plan.table,
    load.jobId,
    load.token,
    load.asOf,
    load.locator,
    load.done,
    load.records,
    load.mode ?? null,
  ]);
}

const writeLoadText = (table: Table): string => `/* writeLoad */
insert into ${own(table, 'load')} as l (table_name, job_id, token, as_of, locator, done, records, mode)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (table_name) do update
   set job_id = excluded.job_id, token = excluded.token, as_of = excluded.as_of, locator = excluded.locator,
       done = excluded.done, records = excluded.records, mode = coalesce(excluded.mode, l.mode)`;

/**
 * The load is complete. Rows of records it did not bring are read again, one by one: they were deleted in Salesforce,
 * or were created since. One transaction, so a kill before its end finishes the load again, and nothing else.
 */
export async function finishLoad(table: Table, cursor: Cursor): Promise<void> {
  await inTransaction(
    table.pool,
    async (client) => {
      const { plan } = table;
      await client.query(readUnseenAgainText(table), [plan.table]);
      await client.query(`delete from ${own(table, 'load_seen')} where table_name = $1`, [
        plan.table,
      ]);
      await client.query(`delete from ${own(table, 'load')} where table_name = $1`, [plan.table]);
      await placeCursor(client, table, cursor);
      const { rowCount } = await client.query(HAS_DEFAULT, [table.sql]);
      if (rowCount === 0) return;
      await client.query(`set local lock_timeout = ${LOAD_LOCK_TIMEOUT_MS}`);
      await client.query(`alter table ${table.sql} alter column _hc_lastop drop default`);
    },
    BEGIN,
  );
}

const readUnseenAgainText = (table: Table): string => `/* readUnseenAgain */
insert into ${own(table, 'read_again')} (table_name, sfid)
select $1, t.sfid
  from ${table.sql} t
 where t.sfid is not null
   and exists (select 1 from ${own(table, 'load')} l where l.table_name = $1 and l.mode <> 'fill')
   and not exists (select 1 from ${own(table, 'load_seen')} s where s.table_name = $1 and s.sfid = t.sfid)
on conflict do nothing`;

const HAS_DEFAULT = `/* hasDefault */
select 1 from pg_attrdef d join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
 where d.adrelid = $1::regclass and a.attname = '_hc_lastop'`;

/**
 * Forgets where reading the table stood. Without a cursor and a load the engine begins a load; a sweep that is under way
 * finds no cursor to move.
 */
export async function clearLoad(
  client: pg.ClientBase,
  names: SchemaNames,
  tableName: string,
): Promise<void> {
  for (const table of ['cursor', 'load', 'load_seen']) {
    await client.query(`/* clearLoad */ delete from ${ours(names, table)} where table_name = $1`, [
      tableName,
    ]);
  }
}
