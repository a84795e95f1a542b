import type { MappedField, MappingPlan } from './plan.ts';
import type { LogEntry, RowState, Value, Values, WriteOp } from './row.ts';
import { sameValue } from './values.ts';

/** What the log still wants of a row. */
export interface Folded {
  readonly write: FoldedWrite | null;
  /** Entries that need no write of their own, whatever becomes of `write`. */
  readonly quiet: readonly QuietEntries[];
}

export interface FoldedWrite {
  readonly op: WriteOp;
  readonly sfid: string | null;
  readonly key: string | null;
  readonly values: Values;
  /** What Salesforce held before, per column of `values`; absent where nobody knows. */
  readonly bases: Values;
  /** Entries the write carries, oldest first. */
  readonly entries: readonly number[];
}

interface QuietEntries {
  readonly ids: readonly number[];
  readonly state: 'MERGED' | 'IGNORED';
  readonly message: string | null;
}

/**
 * The next write of a row, from its waiting log entries.
 *
 * Merged writes condense all of them; ordered writes take the oldest that has something to say. A row inserted and
 * deleted before anything was sent is not sent at all: both entries are IGNORED. That is our choice; Heroku Connect
 * sends the insert and the record comes back.
 */
export function fold(plan: MappingPlan, state: RowState): Folded {
  const entries = untilDelete(state.pending);
  const skipped = entries.filter((entry) => isSkipped(entry)).map(({ id }) => id);
  const live = entries.filter((entry) => !isSkipped(entry));
  const quiet: QuietEntries[] =
    skipped.length > 0 ? [{ ids: skipped, state: 'IGNORED', message: null }] : [];
  const last = live.at(-1);
  if (last === undefined) return { write: null, quiet };
  if (last.action === 'DELETE') return foldDelete({ plan, state, live, last, quiet });
  const sfid = sfidOf(state);
  return sfid === null
    ? foldInsert({ plan, state, live, quiet })
    : foldUpdate({ plan, state, live, quiet, sfid });
}

/** A local id can be used again after a delete; what follows the delete is the next row's story. */
function untilDelete(pending: readonly LogEntry[]): readonly LogEntry[] {
  const at = pending.findIndex(({ action }) => action === 'DELETE');
  return at === -1 ? pending : pending.slice(0, at + 1);
}

/** A person marks IGNORE what is not to be sent. So does the trigger, on the delete of a row without sfid; but that one still says that the row is gone. */
function isSkipped({ state, action, sfid }: LogEntry): boolean {
  return state === 'IGNORE' && !(action === 'DELETE' && sfid === null);
}

export function sfidOf({ row, sync, pending }: RowState): string | null {
  return row?.sfid ?? sync.sfid ?? pending.find(({ sfid }) => sfid !== null)?.sfid ?? null;
}

interface Folding {
  readonly plan: MappingPlan;
  readonly state: RowState;
  readonly live: readonly LogEntry[];
  readonly quiet: readonly QuietEntries[];
}

function foldDelete({
  plan,
  state,
  live,
  last,
  quiet,
}: Folding & { readonly last: LogEntry }): Folded {
  const sfid = last.sfid ?? sfidOf(state);
  const earlier = live.slice(0, -1);
  if (sfid === null) {
    const ids = live.map(({ id }) => id);
    const message = 'deleted before it reached Salesforce';
    return { write: null, quiet: [...quiet, { ids, state: 'IGNORED', message }] };
  }
  if (plan.writes === 'ordered' && earlier.length > 0) {
    const before = foldUpdate({ plan, state, live: earlier, quiet, sfid });
    if (before.write !== null) return before;
  }
  return {
    write: { op: 'delete', sfid, key: null, values: {}, bases: {}, entries: [last.id] },
    quiet: [
      ...quiet,
      ...(earlier.length === 0
        ? []
        : [{ ids: earlier.map(({ id }) => id), state: 'MERGED' as const, message: null }]),
    ],
  };
}

function foldInsert({ plan, state, live, quiet }: Folding): Folded {
  const carried = plan.writes === 'ordered' ? live.slice(0, 1) : live;
  const whole: Record<string, Value> = {};
  for (const entry of carried) {
    // After a refused insert the next change brings the whole row: its image before the change, and the change.
    Object.assign(
      whole,
      entry.old ?? (entry.action === 'UPDATE' ? state.row?.values : {}),
      entry.values,
    );
  }
  const values: Record<string, Value> = {};
  for (const { column, createable } of plan.fields) {
    const value = whole[column] ?? null;
    if (createable && value !== null) values[column] = value;
  }
  const key = plan.externalId === null ? null : (whole[plan.externalId.column] ?? null);
  if (plan.externalId !== null) delete values[plan.externalId.column];
  const entries = carried.map(({ id }) => id);
  return { write: { op: 'insert', sfid: null, key, values, bases: {}, entries }, quiet };
}

function foldUpdate({
  plan,
  state,
  live,
  quiet,
  sfid,
}: Folding & { readonly sfid: string }): Folded {
  const silent: number[] = [];
  for (const candidates of plan.writes === 'ordered' ? live.map((entry) => [entry]) : [live]) {
    const entries = candidates.map(({ id }) => id);
    const { values, bases } = changes(plan, state, candidates);
    if (Object.keys(values).length > 0) {
      return {
        write: { op: 'update', sfid, key: null, values, bases, entries },
        quiet: [...quiet, ...silence(silent)],
      };
    }
    silent.push(...entries);
  }
  return { write: null, quiet: [...quiet, ...silence(silent)] };
}

function silence(ids: readonly number[]): readonly QuietEntries[] {
  return ids.length === 0 ? [] : [{ ids, state: 'IGNORED', message: 'nothing to write' }];
}

function changes(
  plan: MappingPlan,
  state: RowState,
  entries: readonly LogEntry[],
): { readonly values: Values; readonly bases: Values } {
  const values: Record<string, Value> = {};
  const bases: Record<string, Value> = {};
  for (const field of plan.fields) {
    const change = changeOf(field, state, entries);
    if (change === null) continue;
    if (change.base !== undefined && sameValue(field.kind, change.base, change.value)) continue;
    values[field.column] = change.value;
    if (change.base !== undefined) bases[field.column] = change.base;
  }
  return { values, bases };
}

export interface Change {
  readonly value: Value;
  /** What Salesforce held when the application wrote; undefined: nobody knows (a change captured by hand). */
  readonly base: Value | undefined;
  /** The last entry that speaks for the column. */
  readonly last: number;
}

/**
 * What the application last wrote into a column and has not been told to Salesforce, with the base of a merge: the
 * `old` value of the column's first waiting entry. No shadow copy of the table is needed for it.
 */
export function changeOf(
  field: MappedField,
  { sync }: Pick<RowState, 'sync'>,
  entries: readonly LogEntry[],
): Change | null {
  const { column } = field;
  const settledThrough = sync.settled[column] ?? 0;
  let change: Change | null = null;
  for (const entry of entries) {
    if (entry.id <= settledThrough || !speaksFor(field, entry)) continue;
    const value = entry.values?.[column] ?? null;
    change = {
      value,
      base: change === null ? baseOf(column, entry, sync.bases) : change.base,
      last: entry.id,
    };
  }
  return change;
}

function speaksFor(field: MappedField, { action, state, values }: LogEntry): boolean {
  if (values === null || state === 'IGNORE' || !Object.hasOwn(values, field.column)) return false;
  return action === 'INSERT' ? field.createable && values[field.column] !== null : field.updateable;
}

function baseOf(column: string, entry: LogEntry, bases: Values): Value | undefined {
  if (Object.hasOwn(bases, column)) return bases[column];
  if (entry.action === 'INSERT') return null;
  return entry.old === null ? undefined : (entry.old[column] ?? null);
}
