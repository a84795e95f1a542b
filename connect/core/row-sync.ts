import { changeOf, sfidOf } from './fold.ts';
import type { MappingPlan } from './plan.ts';
import type { LogEntry, RowState, RowSync, Value, Values } from './row.ts';
import type { Effect, RowStatus, StepContext } from './step-types.ts';
import { sameValue } from './values.ts';

/** Entries that still want something of Salesforce. */
export function waiting(pending: readonly LogEntry[]): readonly LogEntry[] {
  return pending.filter(({ state }) => state !== 'IGNORE');
}

export function without(pending: readonly LogEntry[], ids: readonly number[]): readonly LogEntry[] {
  return pending.filter(({ id }) => !ids.includes(id));
}

export function omit(values: Values, columns: Values): Values {
  return Object.fromEntries(
    Object.entries(values).filter(([column]) => !Object.hasOwn(columns, column)),
  );
}

/**
 * The bookkeeping without what no longer says anything: marks whose entries have gone, bases of columns that Salesforce
 * and the table agree on, the words about a refused value that has been replaced.
 */
export function tidy(plan: MappingPlan, state: RowState): RowSync {
  const { sync, pending, row } = state;
  const settled = Object.fromEntries(
    Object.entries(sync.settled).filter(([, through]) => pending.some(({ id }) => id <= through)),
  );
  const bases: Record<string, Value> = {};
  let refused = row !== null && sfidOf(state) === null;
  for (const field of plan.fields) {
    const base = sync.bases[field.column];
    if (base === undefined) continue;
    const spoken = changeOf(field, state, pending) !== null;
    const differs = row !== null && !sameValue(field.kind, row.values[field.column] ?? null, base);
    if (spoken || differs || row === null) bases[field.column] = base;
    if (!spoken && differs) refused = true;
  }
  return { ...sync, settled, bases, refusal: refused ? sync.refusal : null };
}

/** What an application reads in `_hc_lastop` and `_hc_err`. */
export function statusOf(state: RowState, otherwise: RowStatus['lastop']): RowStatus {
  if (waiting(state.pending).length > 0) return { lastop: 'PENDING', err: null };
  if (state.sync.refusal !== null) return { lastop: 'FAILED', err: state.sync.refusal };
  return { lastop: otherwise, err: null };
}

/** Ends the row's write, whatever came of it: it opens to reads that begin after this, and to its next write. */
export function ended({ token }: StepContext, sync: RowSync): RowSync {
  return { ...sync, sent: null, epoch: token };
}

export function settle(
  ids: readonly number[],
  how: Omit<Extract<Effect, { kind: 'settleLog' }>, 'kind' | 'ids'>,
): readonly Effect[] {
  return ids.length === 0 ? [] : [{ kind: 'settleLog', ids, ...how }];
}

/** The last of a write's entries succeeded; those before were merged into it. */
export function settleSent(
  entries: readonly number[],
  sfid: string | null,
  message: string | null = null,
): readonly Effect[] {
  return [
    ...settle(entries.slice(0, -1), { state: 'MERGED', message: null, sfid }),
    ...settle(entries.slice(-1), { state: 'SUCCESS', message, sfid }),
  ];
}

/** Most rows of a sweep have no bookkeeping before and need none after. */
export function rememberChange(before: RowSync, sync: RowSync): readonly Effect[] {
  return JSON.stringify(before) === JSON.stringify(sync) ? [] : [{ kind: 'remember', sync }];
}
