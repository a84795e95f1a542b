import type pg from 'pg';

import { inTransaction } from '../../src/kit/transaction.ts';
import { ARCHIVE_READ_ONLY_ROWS_MAX, REQUEUE_ROWS_MAX } from '../limits.ts';
import { onSurface, schemaNames } from './schema-names.ts';
import { BEGIN } from './session.ts';

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

/** Entries captured on a read-only mapping wait for nothing; in the log they would only pile up. */
export async function archiveReadOnly(pool: pg.Pool, schema: string): Promise<number> {
  const names = schemaNames(schema);
  const columns =
    'id, txid, created_at, updated_at, processed_at, processed_tx, state, action, table_name, record_id, sfid, old, "values", sf_result, sf_message';
  const { rowCount } = await pool.query(
    `/* archiveReadOnly */
with oldest as (
  select id from ${onSurface(names, '_trigger_log')} where state = 'READONLY' order by id limit $1 for update skip locked
), gone as (
  delete from ${onSurface(names, '_trigger_log')} l using oldest where l.id = oldest.id returning l.*
)
insert into ${onSurface(names, '_trigger_log_archive')} (${columns}) select ${columns} from gone
on conflict (id) do nothing`,
    [ARCHIVE_READ_ONLY_ROWS_MAX],
  );
  return rowCount ?? 0;
}
