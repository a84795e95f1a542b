import type pg from 'pg';
import { z } from 'zod';

import { inTransaction } from '../../src/kit/transaction.ts';
import { NO_SYNC, type RowState } from '../core/row.ts';
import { step } from '../core/step.ts';
import type { Effect, RowEvent } from '../core/step-types.ts';
import { sameValue } from '../core/values.ts';
import { ROW_LOCK_TIMEOUT_MS, STEP_LOCK_TIMEOUT_MS } from '../limits.ts';
import type { AddressedEvent, StepOptions } from '../ports.ts';
import { moveCursor } from './cursor.ts';
import { codeOf, isDataError, LOCK_NOT_AVAILABLE } from './error-codes.ts';
import { findLinked, findRows, openCreatesSince, type FoundEvent } from './find-rows.ts';
import { parseRows, readStates, rowColumns } from './read-states.ts';
import { BEGIN } from './session.ts';
import { writeStuck } from './stuck.ts';
import { own, type Table } from './table.ts';
import { nextToken } from './token.ts';
import { writeEffects, type Decision } from './write-effects.ts';

/**
 * Steps rows with what happened to them, and writes all that comes of it, with the cursor, in one transaction: a crash
 * before its commit leaves everything as it was, and stepping the same events again has the same result.
 *
 * Where the batch cannot be had as a whole (a row is locked by the application, a value does not fit its column) each
 * event is stepped in a transaction of its own: one bad or busy row does not stop the others. Then the cursor follows.
 */
export async function stepRows(
  table: Table,
  steps: readonly AddressedEvent[],
  options: StepOptions,
): Promise<readonly Effect[]> {
  const news = await withoutUnchanged(table, steps);
  try {
    return await stepTogether(table, news, options);
  } catch (error) {
    if (news.length <= 1 && !isDataError(error)) throw error;
    if (codeOf(error) !== LOCK_NOT_AVAILABLE && !isDataError(error)) throw error;
    return stepApart(table, news, options);
  }
}

async function stepTogether(
  table: Table,
  steps: readonly AddressedEvent[],
  options: StepOptions,
): Promise<readonly Effect[]> {
  if (steps.length === 0 && options.cursor === undefined) return [];
  return inTransaction(
    table.pool,
    async (client) => {
      await client.query(
        `set local lock_timeout = ${steps.length > 1 ? STEP_LOCK_TIMEOUT_MS : ROW_LOCK_TIMEOUT_MS}`,
      );
      const effects: Effect[] = [];
      // Two events of one row are decided one after the other, the second on what came of the first.
      let waiting = await findRows(client, table, steps);
      while (waiting.length > 0) {
        const { now, later } = oncePerRow(waiting);
        effects.push(...(await stepOnce(client, table, { steps: now, options })));
        waiting = later.length === 0 ? [] : await findRows(client, table, later);
      }
      if (options.cursor !== undefined) await moveCursor(client, table, options.cursor);
      return effects;
    },
    BEGIN,
  );
}

async function stepApart(
  table: Table,
  steps: readonly AddressedEvent[],
  options: StepOptions,
): Promise<readonly Effect[]> {
  const { cursor, ...each } = options;
  const effects: Effect[] = [];
  let busy: unknown;
  for (const one of steps) {
    try {
      effects.push(...(await stepTogether(table, [one], each)));
    } catch (error) {
      if (codeOf(error) === LOCK_NOT_AVAILABLE) busy ??= error;
      else if (isDataError(error)) await writeStuck(table, one, error);
      else throw error;
    }
  }
  if (busy !== undefined) throw busy;
  if (cursor !== undefined) await stepTogether(table, [], options);
  return effects;
}

function oncePerRow(steps: readonly FoundEvent[]): {
  readonly now: readonly FoundEvent[];
  readonly later: readonly FoundEvent[];
} {
  const seen = new Set<number | string>();
  const now: FoundEvent[] = [];
  const later: FoundEvent[] = [];
  for (const one of steps) {
    const name = one.found ?? sfidOf(one.event);
    if (name !== null && seen.has(name)) later.push(one);
    else {
      if (name !== null) seen.add(name);
      now.push(one);
    }
  }
  return { now, later };
}

function sfidOf(event: RowEvent): string | null {
  if (event.kind === 'pulled') return event.record.sfid;
  if (event.kind === 'readBack') return event.found?.sfid ?? event.sfid;
  return null;
}

interface Once {
  readonly steps: readonly FoundEvent[];
  readonly options: StepOptions;
}

/** The rows are locked first, ordered by id; what is decided upon is read after that, in statements of their own. */
async function stepOnce(
  client: pg.ClientBase,
  table: Table,
  { steps, options }: Once,
): Promise<readonly Effect[]> {
  const openSince = await openCreatesSince(client, table);
  const busy = await lockRows(client, table, steps);
  const ids = steps.flatMap(({ found }) => (found === null || busy.has(found) ? [] : [found]));
  const rows = await readStates(client, table, ids);
  const token = await nextToken(client, table.plan.schema);
  const context = { plan: table.plan, now: options.now, token, limits: options.limits };
  const decisions: Decision[] = [];
  for (const { found, event } of steps) {
    if (found !== null && busy.has(found)) {
      decisions.push({ row: undefined, effects: putOff(event) });
      continue;
    }
    const row = found === null ? undefined : rows.get(found);
    const state = row?.state ?? unknown(openSince);
    const asked = await withoutLinked(client, table, event);
    decisions.push({ row, effects: step(context, state, asked) });
  }
  await writeEffects(client, table, decisions);
  return decisions.flatMap(({ effects }) => effects);
}

function unknown(openSince: number | null): RowState {
  return { recordId: null, row: null, pending: [], sync: NO_SYNC, openCreatesSince: openSince };
}

/**
 * Locks the rows, and resolves to those that are not waited for: the application is writing them now. What was merely
 * read can be read again when it has finished; the outcome of a write of ours has to be written, and waits.
 */
async function lockRows(
  client: pg.ClientBase,
  table: Table,
  steps: readonly FoundEvent[],
): Promise<ReadonlySet<number>> {
  const reads = steps.flatMap(({ found, recordId, event }) =>
    found !== null && recordId === null && isRead(event) ? [found] : [],
  );
  const writes = steps.flatMap(({ found, recordId, event }) =>
    found !== null && !(recordId === null && isRead(event)) ? [found] : [],
  );
  if (writes.length > 0) await client.query(lockRowsText(table, ''), [writes]);
  if (reads.length === 0) return new Set();
  const locked = await client.query(lockRowsText(table, ' skip locked'), [reads]);
  const had = new Set(Ids.parse(locked.rows).map(({ id }) => id));
  const missed = reads.filter((id) => !had.has(id));
  if (missed.length === 0) return new Set();
  const present = await client.query(
    `/* findBusy */ select id from ${table.sql} where id = any ($1::integer[])`,
    [missed],
  );
  return new Set(Ids.parse(present.rows).map(({ id }) => id));
}

const Ids = z.array(z.object({ id: z.int() }));

function isRead({ kind }: RowEvent): boolean {
  return kind === 'pulled' || kind === 'readBack';
}

const lockRowsText = (table: Table, how: '' | ' skip locked'): string => `/* lockRows */
select id from ${table.sql} where id = any ($1::integer[]) order by id for update${how}`;

/** A sweep passes the record by and has it read again; one that was asked for stays on the list it was on. */
function putOff(event: RowEvent): readonly Effect[] {
  return event.kind === 'pulled' ? [{ kind: 'readAgain', sfid: event.record.sfid }] : [];
}

async function withoutLinked(
  client: pg.ClientBase,
  table: Table,
  event: RowEvent,
): Promise<RowEvent> {
  if (event.kind !== 'searched') return event;
  const sfids = event.candidates.map(({ sfid }) => sfid);
  const linked = await findLinked(client, table, sfids);
  return { ...event, candidates: event.candidates.filter(({ sfid }) => !linked.has(sfid)) };
}

/**
 * Leaves out records that a sweep's look-back brings again: equal to their row in every column, nothing waiting, nothing
 * remembered. Without a lock, since nothing is decided but to do nothing; most of a sweep ends here.
 */
async function withoutUnchanged(
  table: Table,
  steps: readonly AddressedEvent[],
): Promise<readonly AddressedEvent[]> {
  const sfids = steps.flatMap(({ recordId, event }) =>
    recordId === null && event.kind === 'pulled' && !event.record.deleted
      ? [event.record.sfid]
      : [],
  );
  if (sfids.length === 0) return steps;
  const { rows } = await table.pool.query(findSettledText(table), [table.plan.table, sfids]);
  const settled = new Map(parseRows(table, rows).map((row) => [row.sfid, row.values]));
  return steps.filter(({ event }) => {
    if (event.kind !== 'pulled' || event.record.deleted) return true;
    const row = settled.get(event.record.sfid);
    if (row === undefined) return true;
    const { values } = event.record;
    return table.plan.fields.some(({ column, kind }) => {
      const value = values[column];
      return value !== undefined && !sameValue(kind, value, row[column] ?? null);
    });
  });
}

const findSettledText = (table: Table): string => `/* findSettled */
select ${rowColumns(table)} from ${table.sql} t
 where t.sfid = any ($2::text[]) and t._hc_lastop = 'SYNCED'
   and not exists (select 1 from ${table.log} l
                    where l.table_name = $1 and l.record_id = t.id and l.state in ('NEW', 'PENDING', 'IGNORE'))
   and not exists (select 1 from ${own(table, 'row_sync')} s where s.table_name = $1 and s.record_id = t.id)`;
