import type pg from 'pg';

import { present } from '../../src/kit/assert.ts';
import type { RowSync } from '../core/row.ts';
import type { Conflict, Effect } from '../core/step-types.ts';
import type { LoadedRow } from './read-states.ts';
import { own, type Table } from './table.ts';
import { deleteRows, insertRows, rowToSet, setRows, type RowToSet } from './write-rows.ts';

/** What one step decided about one row. `row` undefined: the record has no row. */
export interface Decision {
  readonly row: LoadedRow | undefined;
  readonly effects: readonly Effect[];
}

type EffectOf<Kind extends Effect['kind']> = Extract<Effect, { kind: Kind }>;

/**
 * Writes the effects of many rows, set by set. It must run in the transaction that locked and read the rows, and in a
 * session whose capture is off; `send` is not written: it follows the commit.
 *
 * Rows go before others come or take an sfid, since two rows never have the same one, not even in between.
 */
export async function writeEffects(
  client: pg.ClientBase,
  table: Table,
  decisions: readonly Decision[],
): Promise<void> {
  const rows = collect(decisions);
  await settle(client, table, rows.settle);
  await deleteRows(client, table, rows.gone);
  await setRows(client, table, rows.set);
  await insertRows(client, table, rows.insert);
  await remember(client, table, rows.remember);
  await noteReads(client, table, rows);
  await recordConflicts(client, table, rows.conflicts);
}

interface Collected {
  readonly settle: EffectOf<'settleLog'>[];
  readonly gone: number[];
  readonly set: RowToSet[];
  readonly insert: EffectOf<'insertRow'>[];
  readonly remember: { readonly recordId: number; readonly sync: RowSync }[];
  readonly readAgain: Set<string>;
  readonly readDone: Set<string>;
  readonly conflicts: { readonly recordId: number | null; readonly conflict: Conflict }[];
}

function collect(decisions: readonly Decision[]): Collected {
  const all: Collected = {
    settle: [],
    gone: [],
    set: [],
    insert: [],
    remember: [],
    readAgain: new Set(),
    readDone: new Set(),
    conflicts: [],
  };
  for (const { row, effects } of decisions) {
    for (const effect of effects) collectOne(all, row, effect);
  }
  return all;
}

function collectOne(all: Collected, row: LoadedRow | undefined, effect: Effect): void {
  const recordId = row?.state.recordId ?? null;
  switch (effect.kind) {
    case 'settleLog':
      all.settle.push(effect);
      break;
    case 'deleteRow':
      all.gone.push(present(recordId, 'the row to delete'));
      break;
    case 'setRow':
      all.set.push(rowToSet(present(row, 'the row to set'), effect));
      break;
    case 'insertRow':
      all.insert.push(effect);
      break;
    case 'remember':
      all.remember.push({ recordId: present(recordId, 'the row to remember'), sync: effect.sync });
      break;
    case 'readAgain':
      all.readDone.delete(effect.sfid);
      all.readAgain.add(effect.sfid);
      break;
    case 'readDone':
      all.readAgain.delete(effect.sfid);
      all.readDone.add(effect.sfid);
      break;
    case 'recordConflict':
      all.conflicts.push({ recordId, conflict: effect.conflict });
      break;
    case 'send':
      break;
  }
}

// The log

/** NEW and PENDING stay in the log; every other state moves the entry to the archive, under the same id. */
async function settle(
  client: pg.ClientBase,
  table: Table,
  settled: readonly EffectOf<'settleLog'>[],
): Promise<void> {
  const lines = settled.flatMap(({ ids, ...how }) => ids.map((id) => ({ id, ...how })));
  const stays = ({ state }: (typeof lines)[number]): boolean =>
    state === 'NEW' || state === 'PENDING';
  for (const [text, some] of [
    [restateText(table), lines.filter(stays)],
    [archiveText(table), lines.filter((line) => !stays(line))],
  ] as const) {
    if (some.length === 0) continue;
    await client.query(text, [
      some.map(({ id }) => id),
      some.map(({ state }) => state),
      some.map(({ message }) => message),
      some.map(({ sfid }) => sfid),
    ]);
  }
}

const SETTLED = `unnest($1::integer[], $2::text[], $3::text[], $4::text[]) as d (id, state, message, sfid)`;

const restateText = ({ log }: Table): string => `/* restate */
update ${log} l
   set state = d.state, updated_at = now(), sf_message = d.message, sfid = coalesce(l.sfid, d.sfid)
  from ${SETTLED} where l.id = d.id`;

const archiveText = ({ log, archive }: Table): string => `/* archive */
with d as (
  select * from ${SETTLED}
), gone as (
  delete from ${log} l using d where l.id = d.id
  returning l.id, l.txid, l.created_at, d.state, l.action, l.table_name, l.record_id, coalesce(l.sfid, d.sfid) as sfid,
            l.old, l."values", l.sf_result, d.message
)
insert into ${archive}
  (id, txid, created_at, updated_at, processed_at, processed_tx, state, action, table_name, record_id, sfid, old, "values", sf_result, sf_message)
select id, txid, created_at, now(), clock_timestamp(), txid_current(), state, action, table_name, record_id, sfid, old, "values", sf_result, message
  from gone
on conflict (id) do nothing`;

// Bookkeeping

async function remember(
  client: pg.ClientBase,
  table: Table,
  lines: Collected['remember'],
): Promise<void> {
  if (lines.length === 0) return;
  // A later word about the same row replaces an earlier one.
  const last = new Map(lines.map(({ recordId, sync }) => [recordId, sync]));
  const syncs = [...last.values()];
  await client.query(rememberText(table), [
    table.plan.table,
    [...last.keys()],
    syncs.map(({ epoch }) => epoch),
    syncs.map(({ sfid }) => sfid),
    syncs.map(({ sent }) => (sent === null ? null : JSON.stringify(sent))),
    syncs.map(({ settled }) => JSON.stringify(settled)),
    syncs.map(({ bases }) => JSON.stringify(bases)),
    syncs.map(({ refusal }) => refusal),
    syncs.map(({ attempts }) => attempts),
    syncs.map(({ retryAt }) => retryAt),
    syncs.map(({ parked }) => parked),
  ]);
}

const rememberText = (table: Table): string => `/* remember */
insert into ${own(table, 'row_sync')}
  (table_name, record_id, epoch, sfid, sent, settled, bases, refusal, attempts, retry_at, parked)
select $1, s.record_id, s.epoch, s.sfid, s.sent::jsonb, s.settled::jsonb, s.bases::jsonb, s.refusal, s.attempts, s.retry_at, s.parked
  from unnest($2::integer[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::integer[], $10::bigint[], $11::text[])
    as s (record_id, epoch, sfid, sent, settled, bases, refusal, attempts, retry_at, parked)
on conflict (record_id, table_name) do update
   set epoch = excluded.epoch, sfid = excluded.sfid, sent = excluded.sent, settled = excluded.settled,
       bases = excluded.bases, refusal = excluded.refusal, attempts = excluded.attempts,
       retry_at = excluded.retry_at, parked = excluded.parked`;

async function noteReads(
  client: pg.ClientBase,
  table: Table,
  { readAgain, readDone }: Collected,
): Promise<void> {
  if (readAgain.size > 0) {
    await client.query(
      `/* readAgain */ insert into ${own(table, 'read_again')} (table_name, sfid)
       select $1, unnest($2::text[]) on conflict do nothing`,
      [table.plan.table, [...readAgain]],
    );
  }
  if (readDone.size > 0) {
    await client.query(
      `/* readDone */ delete from ${own(table, 'read_again')} where table_name = $1 and sfid = any ($2::text[])`,
      [table.plan.table, [...readDone]],
    );
  }
}

async function recordConflicts(
  client: pg.ClientBase,
  table: Table,
  conflicts: Collected['conflicts'],
): Promise<void> {
  for (const { recordId, conflict } of conflicts) {
    const { sfid, kind, column, mine, theirs, base, winner, image } = conflict;
    await client.query(
      `/* recordConflict */ insert into ${own(table, 'conflict')}
         (table_name, record_id, sfid, kind, column_name, mine, theirs, base, winner, image)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      [
        table.plan.table,
        recordId,
        sfid,
        kind,
        column,
        mine,
        theirs,
        base,
        winner,
        image === null ? null : JSON.stringify(image),
      ],
    );
  }
}
