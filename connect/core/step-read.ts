import { unreachable } from '../../src/kit/assert.ts';
import { decideLost } from './ambiguity.ts';
import { differing, mergeRow } from './merge.ts';
import {
  NO_SYNC,
  type DeletedRecord,
  type LiveRecord,
  type OrgRecord,
  type RowState,
  type Sent,
} from './row.ts';
import { ended, settle, settleSent, waiting, without } from './row-sync.ts';
import { park, waitUntil } from './park.ts';
import type { Rules } from './rules.ts';
import { afterWrite } from './step-push.ts';
import type { Conflict, Effect, ReadStart, RowEvent } from './step-types.ts';
import { sameValue } from './values.ts';

type Event<Kind extends RowEvent['kind']> = Extract<RowEvent, { kind: Kind }>;

/** A sweep came past this record. */
export function pulled(
  rules: Rules,
  state: RowState,
  { record, read }: Event<'pulled'>,
): readonly Effect[] {
  if (isClosed(rules, state, read) || isPerhapsOurs(rules, state, record)) {
    return [{ kind: 'readAgain', sfid: record.sfid }];
  }
  return absorb(rules, state, record);
}

/** The record was asked for. If its row's write has no answer, this decides it; else it is a read like any other. */
export function readBack(
  rules: Rules,
  state: RowState,
  event: Event<'readBack'>,
): readonly Effect[] {
  const { found, read } = event;
  const { sent } = state.sync;
  if (sent?.ambiguous === true && event.sfid === state.sync.sfid) {
    return decided(rules, state, { sent, found, read });
  }
  if (isClosed(rules, state, read)) return [];
  if (found !== null && isPerhapsOurs(rules, state, found)) return [];
  const sfid = found?.sfid ?? event.sfid;
  const readDone: readonly Effect[] = sfid === null ? [] : [{ kind: 'readDone', sfid }];
  if (found !== null) return [...absorb(rules, state, found), ...readDone];
  return sfid === null
    ? readDone
    : [...absorb(rules, state, { sfid, deleted: true, values: null }), ...readDone];
}

/** A create without external id was looked for among the records of our own user that no row is linked to. */
export function searched(
  rules: Rules,
  state: RowState,
  event: Event<'searched'>,
): readonly Effect[] {
  const { candidates, read } = event;
  const { sent } = state.sync;
  if (sent === null || !sent.ambiguous || sent.op !== 'insert' || sent.key !== null) return [];
  const { plan, limits } = rules.context;
  if (!rules.mechanisms.identity) return decided(rules, state, { sent, found: null, read });
  const matches = candidates.filter(({ values }) =>
    plan.fields.every(({ column, kind }) => {
      const mine = sent.values[column];
      return mine === undefined || sameValue(kind, mine, values?.[column] ?? null);
    }),
  );
  const [found] = matches;
  if (found !== undefined && matches.length === 1)
    return decided(rules, state, { sent, found, read });
  if (read.startedAt < sent.quarantineUntil || candidates.length === 0) {
    return decided(rules, state, { sent, found: null, read });
  }
  // Records that look different may be ours after automation changed them, or belong to another open create, which
  // by then will have found them. So they are given as long again.
  const patience = sent.quarantineUntil + limits.serverAppliesWithinMs;
  if (matches.length === 0 && read.startedAt < patience) return waitUntil(state, sent, patience);
  return park(rules, state, { sent, candidates });
}

/** The read-back failed: the write is as undecided as before, and is looked at again after a while. */
export function readBackFailed({ context }: Rules, state: RowState): readonly Effect[] {
  const { sent } = state.sync;
  if (sent === null || !sent.ambiguous) return [];
  return waitUntil(state, sent, context.now + context.limits.retryFirstMs);
}

/**
 * Closed while a write of the row is open, and to reads that began before its last write ended: such a read may show
 * the record as it was before the write.
 */
function isClosed({ mechanisms }: Rules, { sync }: RowState, read: ReadStart): boolean {
  return mechanisms.fence && (sync.sent !== null || read.token <= sync.epoch);
}

/** An unknown record of our own user, while creates without external id are open, may be one of those. */
function isPerhapsOurs({ mechanisms }: Rules, state: RowState, record: OrgRecord): boolean {
  return (
    mechanisms.identity &&
    state.recordId === null &&
    state.openCreatesSince !== null &&
    !record.deleted &&
    record.bySelf === true
  );
}

function absorb(rules: Rules, state: RowState, record: OrgRecord): readonly Effect[] {
  if (record.deleted) return absorbDeleted(state, record);
  if (state.row !== null) return mergeRow(rules, state, record);
  return absorbRowless(rules, state, record);
}

/** A live record without a row: new, or deleted by the application. */
function absorbRowless(rules: Rules, state: RowState, record: LiveRecord): readonly Effect[] {
  const { sync, pending, recordId } = state;
  const deletion = pending.find(({ action }) => action === 'DELETE');
  if (deletion === undefined) {
    const insert: Effect = {
      kind: 'insertRow',
      sfid: record.sfid,
      columns: record.values,
      recordId,
    };
    if (recordId === null) return [insert];
    return [insert, { kind: 'remember', sync: { ...NO_SYNC, epoch: sync.epoch } }];
  }
  // The delete goes on; what Salesforce had that the application had not seen is kept in the conflict log, once.
  const seen = { ...deletion.old, ...sync.bases };
  const unseen = differing(rules.context.plan.fields, record.values, seen);
  if (unseen.length === 0) return [];
  const conflicts = unseen.map(({ column }): Effect => ({
    kind: 'recordConflict',
    conflict: {
      kind: 'deleted',
      column,
      mine: null,
      theirs: record.values[column] ?? null,
      base: seen[column] ?? null,
      winner: 'postgres',
      sfid: record.sfid,
      image: record.values,
    },
  }));
  const bases = Object.fromEntries(
    unseen.map(({ column }) => [column, record.values[column] ?? null]),
  );
  return [
    ...conflicts,
    { kind: 'remember', sync: { ...sync, bases: { ...sync.bases, ...bases } } },
  ];
}

/** Salesforce has deleted the record. Its row goes, and with it what was waiting to be written. */
function absorbDeleted(state: RowState, { sfid }: DeletedRecord): readonly Effect[] {
  const { row, pending, recordId, sync } = state;
  if (recordId === null) return [];
  if (row !== null && row.sfid !== sfid) return [];
  const gone: Effect = { kind: 'remember', sync: { ...NO_SYNC, epoch: sync.epoch } };
  const deletes = pending.filter(({ action }) => action === 'DELETE').map(({ id }) => id);
  const others = without(pending, deletes).map(({ id }) => id);
  const message = 'the record had been deleted in Salesforce';
  const settled = [
    ...settle(others, { state: 'IGNORED', message, sfid }),
    ...settle(deletes, { state: 'SUCCESS', message, sfid }),
  ];
  if (row === null) return [...settled, gone];
  const lost: readonly Effect[] =
    waiting(pending).length === 0
      ? []
      : [{ kind: 'recordConflict', conflict: deletedConflict(sfid, row.values) }];
  return [{ kind: 'deleteRow' }, ...settled, ...lost, gone];
}

function deletedConflict(sfid: string, image: Conflict['image']): Conflict {
  return {
    kind: 'deleted',
    column: null,
    mine: null,
    theirs: null,
    base: null,
    winner: 'salesforce',
    sfid,
    image,
  };
}

interface Finding {
  readonly sent: Sent;
  readonly found: OrgRecord | null;
  readonly read: ReadStart;
}

/** A write without answer, and what Salesforce shows of its record. Decided together with the log entries that came meanwhile. */
function decided(rules: Rules, state: RowState, { sent, found, read }: Finding): readonly Effect[] {
  const { context, mechanisms } = rules;
  const final = !mechanisms.quarantine || read.startedAt >= sent.quarantineUntil;
  const shown = mechanisms.identity || sent.op !== 'insert' ? found : null;
  const verdict = decideLost(context.plan, {
    sent,
    found: shown,
    final,
    clockSkewMs: context.limits.clockSkewMs,
  });
  switch (verdict) {
    case 'open':
      return waitUntil(state, sent, sent.quarantineUntil);
    case 'not applied': {
      const sync = ended(context, state.sync);
      const again = settle(sent.entries, { state: 'NEW', message: null, sfid: state.sync.sfid });
      return [...again, ...afterwards(rules, { ...state, sync }, shown)];
    }
    case 'gone': {
      // Not told apart from an update that was applied before the delete, and it makes no difference.
      const sync = ended(context, state.sync);
      const sfid = state.sync.sfid ?? '';
      return afterwards(rules, { ...state, sync }, { sfid, deleted: true, values: null });
    }
    case 'applied':
    case 'overwritten': {
      const sfid = shown?.sfid ?? state.sync.sfid ?? '';
      const next = afterWrite(rules, state, { sent, sfid });
      return [
        ...(verdict === 'applied'
          ? settleSent(sent.entries, sfid)
          : settle(sent.entries, { state: 'IGNORED', message: UNDECIDED, sfid })),
        ...(verdict === 'applied' ? [] : undecidedConflicts(rules, sent, shown)),
        ...afterwards(rules, next, shown ?? { sfid, deleted: true, values: null }),
      ];
    }
    default:
      return unreachable(verdict);
  }
}

const UNDECIDED =
  'the answer was lost and Salesforce has changed the record since; see the conflict log';

/** What the read-back shows is also a read: it is taken in with the row's bookkeeping as it is now. */
function afterwards(rules: Rules, state: RowState, found: OrgRecord | null): readonly Effect[] {
  if (found === null) return [{ kind: 'remember', sync: state.sync }];
  const effects = absorb(rules, state, found);
  const done: Effect = { kind: 'readDone', sfid: found.sfid };
  const remembers = effects.some(({ kind }) => kind === 'remember');
  return remembers
    ? [...effects, done]
    : [{ kind: 'remember', sync: state.sync }, ...effects, done];
}

function undecidedConflicts(
  { context }: Rules,
  sent: Sent,
  found: OrgRecord | null,
): readonly Effect[] {
  if (found === null || found.deleted) return [];
  return context.plan.fields.flatMap(({ column, kind }): readonly Effect[] => {
    const mine = sent.values[column];
    const theirs = found.values[column];
    if (mine === undefined || theirs === undefined || sameValue(kind, mine, theirs)) return [];
    return [
      {
        kind: 'recordConflict',
        conflict: {
          kind: 'undecided',
          column,
          mine,
          theirs,
          base: sent.bases[column] ?? null,
          winner: 'salesforce',
          sfid: found.sfid,
          image: null,
        },
      },
    ];
  });
}
