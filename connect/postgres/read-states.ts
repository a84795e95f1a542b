import type pg from 'pg';
import { z } from 'zod';

import { quoteName } from '../../src/kit/identifiers.ts';
import type { MappedField } from '../core/plan.ts';
import { NO_SYNC, type LogEntry, type RowState, type RowSync, type Values } from '../core/row.ts';
import { canonical } from '../core/values.ts';
import { RowSyncLine } from './row-sync-line.ts';
import { own, type Table } from './table.ts';

/** What the engine knows of a row, and what the table says of its last write, which the engine does not look at. */
export interface LoadedRow {
  readonly state: RowState;
  readonly lastop: string | null;
  readonly err: string | null;
}

/**
 * Reads rows that the transaction holds the locks of: their waiting log entries, what the
 * engine remembers of them, and the rows themselves. Each statement sees everything committed before it began, so
 * nothing written before the lock was had is missed.
 *
 * The log entries are locked too. A row that the application has deleted has nothing else to hold on to, and two
 * transactions of ours must not decide about it at once. The order is the same for all: row, log, bookkeeping.
 */
export async function readStates(
  client: pg.ClientBase,
  table: Table,
  recordIds: readonly number[],
): Promise<ReadonlyMap<number, LoadedRow>> {
  if (recordIds.length === 0) return new Map();
  const pending = await readPending(client, table, recordIds);
  const syncs = await readSyncs(client, table, recordIds);
  const rows = await readRows(client, table, recordIds);
  return new Map(
    recordIds.map((recordId) => {
      const row = rows.get(recordId);
      const state: RowState = {
        recordId,
        row: row === undefined ? null : { sfid: row.sfid, values: row.values },
        pending: pending.get(recordId) ?? [],
        sync: syncs.get(recordId) ?? NO_SYNC,
        openCreatesSince: null,
      };
      return [recordId, { state, lastop: row?.lastop ?? null, err: row?.err ?? null }];
    }),
  );
}

export interface TableRow {
  readonly id: number;
  readonly sfid: string | null;
  readonly values: Values;
  readonly lastop: string | null;
  readonly err: string | null;
}

const Row = z.object({
  id: z.int(),
  sfid: z.string().nullable(),
  _hc_lastop: z.string().nullable(),
  _hc_err: z.string().nullable(),
  values: z.array(z.string().nullable()),
});

/** What of a row is read, whoever asks: the values as text, in the order of the plan's fields. */
export function rowColumns({ plan }: Table): string {
  const values = plan.fields.map(({ column }) => `t.${quoteName(column)}::text`);
  return `t.id, t.sfid, t._hc_lastop, t._hc_err, array[${values.join(', ')}]::text[] as values`;
}

export function parseRows({ plan }: Table, rows: unknown): readonly TableRow[] {
  return z
    .array(Row)
    .parse(rows)
    .map(({ id, sfid, _hc_lastop: lastop, _hc_err: err, values }) => ({
      id,
      sfid,
      lastop,
      err,
      values: Object.fromEntries(
        plan.fields.map(({ column, kind }, at) => [column, canonical(kind, values[at])]),
      ),
    }));
}

async function readRows(
  client: pg.ClientBase,
  table: Table,
  recordIds: readonly number[],
): Promise<ReadonlyMap<number, TableRow>> {
  const { rows } = await client.query(
    `/* readRows */ select ${rowColumns(table)} from ${table.sql} t where t.id = any ($1::integer[])`,
    [recordIds],
  );
  return new Map(parseRows(table, rows).map((row) => [row.id, row]));
}

async function readSyncs(
  client: pg.ClientBase,
  table: Table,
  recordIds: readonly number[],
): Promise<ReadonlyMap<number, RowSync>> {
  const { rows } = await client.query(readSyncsText(table), [table.plan.table, recordIds]);
  return new Map(
    z
      .array(RowSyncLine)
      .parse(rows)
      .map(({ recordId, sync }) => [recordId, sync]),
  );
}

const readSyncsText = (table: Table): string => `/* readSyncs */
select record_id, epoch, sfid, sent, settled, bases, refusal, attempts, retry_at, parked
  from ${own(table, 'row_sync')}
 where table_name = $1 and record_id = any ($2::integer[])
 order by record_id for update`;

const Told = z.record(z.string(), z.string().nullable()).nullable();
const Entry = z.object({
  id: z.int(),
  record_id: z.int(),
  action: z.enum(['INSERT', 'UPDATE', 'DELETE']),
  state: z.enum(['NEW', 'PENDING', 'IGNORE']),
  sfid: z.string().nullable(),
  old: Told,
  values: Told,
});

async function readPending(
  client: pg.ClientBase,
  table: Table,
  recordIds: readonly number[],
): Promise<ReadonlyMap<number, readonly LogEntry[]>> {
  const { rows } = await client.query(readPendingText(table), [table.plan.table, recordIds]);
  const entries = new Map<number, LogEntry[]>();
  for (const { record_id: recordId, old, values, ...entry } of z.array(Entry).parse(rows)) {
    const read = {
      ...entry,
      old: mapped(table.plan.fields, old),
      values: mapped(table.plan.fields, values),
    };
    const list = entries.get(recordId);
    if (list === undefined) entries.set(recordId, [read]);
    else list.push(read);
  }
  return entries;
}

const readPendingText = (table: Table): string => {
  const schema = quoteName(table.names.hstore);
  const json = (column: string): string =>
    `${schema}.hstore_to_json(l.${column}::${schema}.hstore)`;
  return `/* readPending */
select l.id, l.record_id, l.action, l.state, l.sfid, ${json('old')} as old, ${json('"values"')} as values
  from ${table.log} l
 where l.table_name = $1 and l.record_id = any ($2::integer[])
   and l.state in ('NEW', 'PENDING', 'IGNORE') and l.action in ('INSERT', 'UPDATE', 'DELETE')
 order by l.record_id, l.id for update`;
};

/** Of a logged row, the mapped columns it speaks of; an application may have columns of its own in the table. */
function mapped(
  fields: readonly MappedField[],
  told: Readonly<Record<string, string | null>> | null,
): Values | null {
  if (told === null) return null;
  const values: Record<string, string | null> = {};
  for (const { column, kind } of fields) {
    const value = told[column];
    if (value !== undefined) values[column] = canonical(kind, value);
  }
  return values;
}
