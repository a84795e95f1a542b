import { z } from 'zod';

import { quoteLiteral } from '../../src/kit/identifiers.ts';
import type { Log } from '../../src/kit/log.ts';
import type { AppDatabase, DatabaseAddress, TableCounts, WriteError } from '../app-database.ts';
import { applyMappings, dropMapping, findForeignTables } from './apply-mappings.ts';
import { openDoorbell } from './doorbell.ts';
import { archiveReadOnly, requeueMarked } from './requeue.ts';
import { onSurface, ours, schemaNames, type SchemaNames } from './schema-names.ts';
import { openPool } from './session.ts';
import { PostgresStore } from './store.ts';

/** Opens an application's database for one connection. Nothing is asked of the server before the first use. */
export function openDatabase(
  { url, schema, connectionId }: DatabaseAddress,
  log: Log,
): AppDatabase {
  const applicationName = `landbridge-connect ${connectionId.slice(0, 8)}`;
  const pool = openPool(url, applicationName);
  const names = schemaNames(schema);
  const { hostname, port, pathname } = new URL(url);
  return {
    store: new PostgresStore(pool, schema),
    host: hostname,
    port: port === '' ? 5432 : Number(port),
    name: decodeURIComponent(pathname.slice(1)),
    async ping() {
      await pool.query('/* ping */ select 1');
    },
    async applyMappings(plans, organizationId) {
      await applyMappings(pool, { schema, organizationId, plans });
    },
    dropMapping: (plan) => dropMapping(pool, { schema, plan }),
    findForeignTables: () => findForeignTables(pool, schema),
    openDoorbell: () => openDoorbell({ url, schema, applicationName, log }),
    async reload(table) {
      await pool.query(reloadText(names), [table]);
    },
    async countRows(table) {
      const { rows } = await pool.query(countText(names, table), [table]);
      return Counts.parse(rows[0]);
    },
    async listWriteErrors({ table, since, max }) {
      const { rows } = await pool.query(writeErrorsText(names), [table, since, max]);
      const found = z.array(ErrorRow).parse(rows);
      return {
        count: found[0]?.total ?? 0,
        errors: found.map(({ total: _total, ...error }) => error satisfies WriteError),
      };
    },
    async pruneArchive(before) {
      const { rowCount } = await pool.query(pruneText(names), [before]);
      return rowCount ?? 0;
    },
    requeueMarked: () => requeueMarked(pool, schema),
    archiveReadOnly: () => archiveReadOnly(pool, schema),
    async [Symbol.asyncDispose]() {
      await pool.end();
    },
  };
}

/** Without a cursor and without a load the engine begins one; the table's rows are gone through in place. */
const reloadText = (names: SchemaNames): string => `/* reload */
with load as (
  delete from ${ours(names, 'load')} where table_name = $1
), seen as (
  delete from ${ours(names, 'load_seen')} where table_name = $1
)
delete from ${ours(names, 'cursor')} where table_name = $1`;

const Counts: z.ZodType<TableCounts> = z.object({
  rows: z.coerce.number(),
  pending: z.coerce.number(),
  errors: z.coerce.number(),
  unsynced: z.coerce.number(),
});

/** Past this many rows the server's own estimate is shown: clients ask for this number every few seconds. */
const EXACT_ROWS_MAX = 50_000;

const countText = (names: SchemaNames, table: string): string => `/* countRows */
select case when c.reltuples > ${EXACT_ROWS_MAX} then c.reltuples::bigint
            else (select count(*) from ${onSurface(names, table)}) end as rows,
       (select count(*) from ${onSurface(names, '_trigger_log')}
         where table_name = $1 and (state = 'NEW' or state = 'PENDING')) as pending,
       (select count(*) from ${onSurface(names, '_trigger_log_archive')}
         where table_name = $1 and state = 'FAILED' and created_at > now() - interval '1 day') as errors,
       (select count(*) from ${ours(names, 'row_sync')} where table_name = $1 and sent is not null) as unsynced
  from pg_class c where c.oid = ${quoteLiteral(onSurface(names, table))}::regclass`;

const ErrorRow = z
  .object({
    id: z.coerce.number(),
    table_name: z.string(),
    record_id: z.coerce.number(),
    message: z.string(),
    created_at: z.date(),
    total: z.coerce.number(),
  })
  .transform((row) => ({
    id: row.id,
    tableName: row.table_name,
    recordId: row.record_id,
    message: row.message,
    createdAt: row.created_at,
    total: row.total,
  }));

const writeErrorsText = (names: SchemaNames): string => `/* listWriteErrors */
with failed as (
  select id, table_name, record_id, sf_message, created_at from ${onSurface(names, '_trigger_log_archive')}
   where state = 'FAILED' and created_at > $2 and ($1::text is null or table_name = $1)
  union all
  select id, table_name, record_id, sf_message, created_at from ${onSurface(names, '_trigger_log')}
   where state = 'FAILED' and created_at > $2 and ($1::text is null or table_name = $1)
)
select id, table_name, record_id, coalesce(sf_message, '') as message, created_at, count(*) over () as total
  from failed
 order by created_at desc, id desc
 limit $3`;

const pruneText = (names: SchemaNames): string => `/* pruneArchive */
delete from ${onSurface(names, '_trigger_log_archive')} where created_at < $1`;
