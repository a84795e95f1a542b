import type pg from 'pg';
import { z } from 'zod';

import { inTransaction } from '../../src/kit/transaction.ts';
import { ARCHIVE_PURGE_ROWS_MAX, REQUEUE_ROWS_MAX } from '../limits.ts';
import { onSurface, ours, schemaNames } from './schema-names.ts';
import { BEGIN } from './session.ts';

/** What people ask about a connection's tables, and the upkeep of its log. */

export interface TableCounts {
  readonly rows: number;
  /** Changes that wait or are on the wire. */
  readonly pending: number;
  /** Writes that Salesforce refused in the last 24 hours. */
  readonly errors: number;
}

export async function countTable(
  pool: pg.Pool,
  schema: string,
  table: string,
): Promise<TableCounts> {
  const names = schemaNames(schema);
  const { rows } = await pool.query(
    `/* countTable */
select (select count(*)::integer from ${onSurface(names, table)}) as rows,
       (select count(*)::integer from ${onSurface(names, '_trigger_log')}
         where table_name = $1 and state in ('NEW', 'PENDING')) as pending,
       (select count(*)::integer from ${onSurface(names, '_trigger_log_archive')}
         where table_name = $1 and state = 'FAILED' and processed_at > now() - interval '24 hours') as errors`,
    [table],
  );
  const [counts] = z
    .array(z.object({ rows: z.int(), pending: z.int(), errors: z.int() }))
    .parse(rows);
  return counts ?? { rows: 0, pending: 0, errors: 0 };
}

export interface WriteError {
  /** Of the log entry. */
  readonly id: number;
  readonly tableName: string;
  readonly recordId: number | null;
  readonly message: string;
  readonly createdAt: Date;
}

/** The writes that Salesforce refused in the last 24 hours, newest first; of one table, or of all. */
export async function readWriteErrors(
  pool: pg.Pool,
  schema: string,
  { table, max }: { readonly table: string | undefined; readonly max: number },
): Promise<readonly WriteError[]> {
  const { rows } = await pool.query(
    `/* readWriteErrors */
select id, table_name, record_id, coalesce(sf_message, '') as message, created_at
  from ${onSurface(schemaNames(schema), '_trigger_log_archive')}
 where state = 'FAILED' and processed_at > now() - interval '24 hours' and ($1::text is null or table_name = $1)
 order by id desc limit $2`,
    [table ?? null, max],
  );
  return z.array(WriteErrorRow).parse(rows);
}

const WriteErrorRow = z
  .object({
    id: z.int(),
    table_name: z.string(),
    record_id: z.int().nullable(),
    message: z.string(),
    created_at: z.date(),
  })
  .transform(({ table_name: tableName, record_id: recordId, created_at: createdAt, ...rest }) => ({
    ...rest,
    tableName,
    recordId,
    createdAt,
  }));

/** The tables without which a schema is no connection's: where one is missing the database cannot be used. */
export async function findMissingMetadata(
  pool: pg.Pool,
  schema: string,
): Promise<readonly string[]> {
  const { rows } = await pool.query(
    `/* findMissingMetadata */
select name from unnest(array['_hcmeta', '_trigger_log', '_trigger_log_archive']) as name
 where not exists (select 1 from pg_tables where schemaname = $1 and tablename = name)`,
    [schema],
  );
  return z
    .array(z.object({ name: z.string() }))
    .parse(rows)
    .map(({ name }) => name);
}

/** Deletes archived entries older than the plan keeps them, a bounded number at a time; true: there are more. */
export async function purgeArchive(
  pool: pg.Pool,
  schema: string,
  keepDays: number,
): Promise<boolean> {
  const archive = onSurface(schemaNames(schema), '_trigger_log_archive');
  const { rowCount } = await pool.query(
    `/* purgeArchive */
delete from ${archive} where id in (
  select id from ${archive} where created_at < now() - make_interval(days => $1) order by created_at limit $2
)`,
    [keepDays, ARCHIVE_PURGE_ROWS_MAX],
  );
  return rowCount === ARCHIVE_PURGE_ROWS_MAX;
}

/**
 * Sends again what a person has marked REQUEUE in the archive: a copy goes to the log as NEW, the archived entry becomes
 * REQUEUED. One transaction, so that no mark is taken twice. Resolves to the number of entries.
 */
export async function requeueMarked(pool: pg.Pool, schema: string): Promise<number> {
  const names = schemaNames(schema);
  return inTransaction(
    pool,
    async (client) => {
      const { rowCount } = await client.query(
        `/* requeueMarked */
with marked as (
  select id from ${onSurface(names, '_trigger_log_archive')} where state = 'REQUEUE' order by id limit $1 for update skip locked
), taken as (
  update ${onSurface(names, '_trigger_log_archive')} a set state = 'REQUEUED', updated_at = now()
    from marked where a.id = marked.id
  returning a.id, a.action, a.table_name, a.record_id, a.sfid, a.old, a."values"
)
insert into ${onSurface(names, '_trigger_log')} (txid, created_at, state, action, table_name, record_id, sfid, old, "values")
select txid_current(), clock_timestamp(), 'NEW', action, table_name, record_id, sfid, old, "values" from taken order by id`,
        [REQUEUE_ROWS_MAX],
      );
      return rowCount ?? 0;
    },
    BEGIN,
  );
}

export interface RecordedConflict {
  readonly at: Date;
  readonly tableName: string;
  readonly recordId: number | null;
  readonly sfid: string | null;
  readonly kind: string;
  readonly column: string | null;
  readonly mine: string | null;
  readonly theirs: string | null;
  readonly base: string | null;
  readonly winner: string;
}

/** What lost against the other side's change of the same thing, newest first. */
export async function readConflicts(
  pool: pg.Pool,
  schema: string,
  max: number,
): Promise<readonly RecordedConflict[]> {
  const { rows } = await pool.query(
    `/* readConflicts */
select at, table_name as "tableName", record_id as "recordId", sfid, kind, column_name as "column", mine, theirs, base, winner
  from ${ours(schemaNames(schema), 'conflict')} order by id desc limit $1`,
    [max],
  );
  return z
    .array(
      z.object({
        at: z.date(),
        tableName: z.string(),
        recordId: z.int().nullable(),
        sfid: z.string().nullable(),
        kind: z.string(),
        column: z.string().nullable(),
        mine: z.string().nullable(),
        theirs: z.string().nullable(),
        base: z.string().nullable(),
        winner: z.string(),
      }),
    )
    .parse(rows);
}
