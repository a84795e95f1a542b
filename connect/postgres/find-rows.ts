import type pg from 'pg';
import { z } from 'zod';

import { quoteName } from '../../src/kit/identifiers.ts';
import type { OrgRecord } from '../core/row.ts';
import type { AddressedEvent } from '../ports.ts';
import { own, type Table } from './table.ts';

/** An event and the local id of the row it is about; null: no row, and no memory of one. */
export interface FoundEvent extends AddressedEvent {
  readonly found: number | null;
}

/**
 * Finds the rows that events are about: by the local id where it is told, else by the record's sfid, in the table, in
 * deletes that wait, or in what is remembered of rows that have gone; else by its external id, among rows that have no sfid yet and creates that
 * are on the wire.
 */
export async function findRows(
  client: pg.ClientBase,
  table: Table,
  steps: readonly AddressedEvent[],
): Promise<readonly FoundEvent[]> {
  const wanted = steps.map(addressOf(table));
  const sfids = wanted.flatMap(({ sfid }) => sfid ?? []);
  const bySfid = await findBySfid(client, table, sfids);
  const keys = wanted.flatMap(({ sfid, key }) =>
    key !== null && (sfid === null || !bySfid.has(sfid)) ? [key] : [],
  );
  const byKey = await findByKey(client, table, keys);
  return steps.map((step, at) => {
    const address = wanted[at];
    const bySfidOrKey =
      bySfid.get(address?.sfid ?? '') ?? byKey.get((address?.key ?? '').toLowerCase()) ?? null;
    return { ...step, found: step.recordId ?? bySfidOrKey };
  });
}

interface Address {
  readonly sfid: string | null;
  readonly key: string | null;
}

function addressOf({ plan }: Table): (step: AddressedEvent) => Address {
  const nowhere = { sfid: null, key: null };
  const ofRecord = (record: OrgRecord): Address => ({
    sfid: record.sfid,
    key: plan.externalId === null ? null : (record.values?.[plan.externalId.column] ?? null),
  });
  return ({ recordId, event }) => {
    if (recordId !== null) return nowhere;
    if (event.kind === 'pulled') return ofRecord(event.record);
    if (event.kind !== 'readBack') return nowhere;
    return event.found === null ? { sfid: event.sfid, key: null } : ofRecord(event.found);
  };
}

const Found = z.array(z.object({ name: z.string(), record_id: z.int() }));

async function findBySfid(
  client: pg.ClientBase,
  table: Table,
  sfids: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  if (sfids.length === 0) return new Map();
  const { rows } = await client.query(findBySfidText(table), [table.plan.table, sfids]);
  // The table is asked last, and its word counts: a map keeps what was set last.
  return new Map(Found.parse(rows).map(({ name, record_id }) => [name, record_id]));
}

const findBySfidText = (table: Table): string => `/* findBySfid */
select sfid as name, record_id, 1 as rank from ${own(table, 'row_sync')} where table_name = $1 and sfid = any ($2::text[])
union all
select sfid, record_id, 2 from ${table.log}
 where table_name = $1 and state in ('NEW', 'PENDING') and action = 'DELETE' and sfid = any ($2::text[])
union all
select sfid, id, 3 from ${table.sql} where sfid = any ($2::text[])
order by rank`;

/** Salesforce compares external ids without case; what is on the wire is few, what is in the table has an index. */
async function findByKey(
  client: pg.ClientBase,
  table: Table,
  keys: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const { externalId } = table.plan;
  if (keys.length === 0 || externalId === null) return new Map();
  const column = quoteName(externalId.column);
  const { rows } = await client.query(
    `/* findByKey */
select lower(sent ->> 'key') as name, record_id, 1 as rank
  from ${own(table, 'row_sync')}
 where table_name = $1 and sent is not null and lower(sent ->> 'key') = any ($3::text[])
union all
select lower(${column}::text), id, 2 from ${table.sql} where sfid is null and ${column}::text = any ($2::text[])
order by rank`,
    [table.plan.table, keys, keys.map((key) => key.toLowerCase())],
  );
  return new Map(Found.parse(rows).map(({ name, record_id }) => [name, record_id]));
}

/** A create on the wire that has no external id. */
export const IS_KEYLESS_CREATE = `sent is not null and sent ->> 'op' = 'insert' and sent ->> 'key' is null`;

/** When the oldest create that only a search can tell from a new record was sent; null: none is open. */
export async function openCreatesSince(
  client: pg.ClientBase,
  table: Table,
): Promise<number | null> {
  const { rows } = await client.query(
    `/* openCreatesSince */ select min((sent ->> 'at')::bigint) as at from ${own(table, 'row_sync')}
      where table_name = $1 and ${IS_KEYLESS_CREATE}`,
    [table.plan.table],
  );
  const [row] = z.array(z.object({ at: z.coerce.number().nullable() })).parse(rows);
  return row?.at ?? null;
}

/** Those of the records that a row is linked to. */
export async function findLinked(
  client: pg.ClientBase,
  table: Table,
  sfids: readonly string[],
): Promise<ReadonlySet<string>> {
  const found = await findBySfid(client, table, sfids);
  return new Set(found.keys());
}
