import { z } from 'zod';

import { inTransaction } from '../../src/kit/transaction.ts';
import type { Token } from '../core/row.ts';
import type { AmbiguousWrite, ToRead } from '../ports.ts';
import { BEGIN } from './session.ts';
import { own, type Table } from './table.ts';

/** What is to be read from Salesforce outside the sweep: writes whose answer was lost, and records to be read again. */
export async function toRead(
  table: Table,
  { max, now }: { readonly max: number; readonly now: number },
): Promise<ToRead> {
  const { pool, plan } = table;
  const ambiguous = await pool.query(ambiguousText(table), [plan.table, now, max]);
  const sfids = await pool.query(readAgainText(table), [plan.table, max]);
  const due = await pool.query(nextDueText(table), [plan.table, now]);
  return {
    ambiguous: z.array(Ambiguous).parse(ambiguous.rows),
    sfids: z
      .array(z.object({ sfid: z.string() }))
      .parse(sfids.rows)
      .map(({ sfid }) => sfid),
    nextDueAt:
      z.array(z.object({ at: z.coerce.number().nullable() })).parse(due.rows)[0]?.at ?? null,
  };
}

const Ambiguous = z
  .object({
    record_id: z.int(),
    sfid: z.string().nullable(),
    key: z.string().nullable(),
    at: z.coerce.number(),
  })
  .transform(({ record_id: recordId, ...write }): AmbiguousWrite => ({ recordId, ...write }));

const IS_AMBIGUOUS = `s.table_name = $1 and s.sent is not null and (s.sent ->> 'ambiguous')::boolean`;

const ambiguousText = (table: Table): string => `/* ambiguousWrites */
select s.record_id, s.sfid, s.sent ->> 'key' as key, (s.sent ->> 'at')::bigint as at
  from ${own(table, 'row_sync')} s
 where ${IS_AMBIGUOUS} and (s.sent ->> 'readAt')::bigint <= $2
 order by (s.sent ->> 'readAt')::bigint limit $3`;

const nextDueText = (table: Table): string => `/* nextAmbiguousDue */
select min((s.sent ->> 'readAt')::bigint) as at
  from ${own(table, 'row_sync')} s
 where ${IS_AMBIGUOUS} and (s.sent ->> 'readAt')::bigint > $2`;

/** A record whose row has a write on the wire is read once that has ended. */
const readAgainText = (table: Table): string => `/* readAgain */
select r.sfid
  from ${own(table, 'read_again')} r
 where r.table_name = $1
   and not exists (select 1 from ${own(table, 'row_sync')} s
                    where s.table_name = $1 and s.sent is not null
                      and (s.sfid = r.sfid or s.record_id = (select t.id from ${table.sql} t where t.sfid = r.sfid)))
 limit $2`;

/**
 * Drops what is remembered of rows and says nothing any more. A remembered sfid of a row that has gone is needed as long
 * as the log has entries of that row.
 *
 * The lines are locked first and judged in later statements: judged while waiting for a lock, the log would be seen as it
 * was before. Lines that are in use are passed over until the next time.
 */
export async function forget(table: Table, before: Token): Promise<void> {
  await inTransaction(
    table.pool,
    async (client) => {
      const { rows } = await client.query(lockIdleText(table), [table.plan.table]);
      const ids = RecordIds.parse(rows).map(({ record_id }) => record_id);
      if (ids.length === 0) return;
      await client.query(dropMarksText(table), [table.plan.table, ids]);
      await client.query(forgetText(table), [table.plan.table, ids, before]);
    },
    BEGIN,
  );
}

const RecordIds = z.array(z.object({ record_id: z.int() }));

const lockIdleText = (table: Table): string => `/* lockIdle */
select s.record_id from ${own(table, 'row_sync')} s where s.table_name = $1 and s.sent is null
 order by s.record_id for update skip locked`;

const hasEntries = (table: Table): string => `exists (select 1 from ${table.log} l
                    where l.table_name = $1 and l.record_id = s.record_id and l.state in ('NEW', 'PENDING', 'IGNORE'))`;

const dropMarksText = (table: Table): string => `/* dropMarks */
update ${own(table, 'row_sync')} s set settled = '{}'
 where s.table_name = $1 and s.record_id = any ($2::integer[]) and s.settled <> '{}' and not ${hasEntries(table)}`;

const forgetText = (table: Table): string => `/* forget */
delete from ${own(table, 'row_sync')} s
 where s.table_name = $1 and s.record_id = any ($2::integer[]) and s.epoch < $3 and s.settled = '{}' and s.bases = '{}'
   and s.refusal is null and s.parked is null and s.attempts = 0 and not ${hasEntries(table)}`;

/** Rows whose write was on the wire when the process that sent it ended. */
export async function findUnansweredRows(table: Table): Promise<readonly number[]> {
  const { rows } = await table.pool.query(
    `/* findUnanswered */ select record_id from ${own(table, 'row_sync')} s
      where s.table_name = $1 and s.sent is not null and not (s.sent ->> 'ambiguous')::boolean
      order by record_id`,
    [table.plan.table],
  );
  return RecordIds.parse(rows).map(({ record_id }) => record_id);
}
