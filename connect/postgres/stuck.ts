import { messageOf } from '../../src/kit/fault.ts';
import type { AddressedEvent } from '../ports.ts';
import { own, type Table } from './table.ts';

/**
 * Puts down a record that could not be written to its row, with PostgreSQL's words: the others go on, and a person can
 * see which one it is and why. The next change of the record tries again.
 */
export async function writeStuck(
  table: Table,
  { recordId, event }: AddressedEvent,
  error: unknown,
): Promise<void> {
  const sfid =
    event.kind === 'pulled'
      ? event.record.sfid
      : event.kind === 'readBack'
        ? (event.found?.sfid ?? event.sfid)
        : null;
  await table.pool.query(
    `/* writeStuck */ insert into ${own(table, 'stuck')} (table_name, record_id, sfid, message) values ($1, $2, $3, $4)`,
    [table.plan.table, recordId, sfid, messageOf(error)],
  );
  if (sfid === null) return;
  await table.pool.query(
    `/* writeStuck */ delete from ${own(table, 'read_again')} where table_name = $1 and sfid = $2`,
    [table.plan.table, sfid],
  );
}
