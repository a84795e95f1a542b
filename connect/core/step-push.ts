import { backoffMs } from '../../src/kit/backoff.ts';
import { present } from '../../src/kit/assert.ts';
import { fold, type FoldedWrite } from './fold.ts';
import { classify, refusalJson, refusalMessage } from './outcome.ts';
import { NO_SYNC, type RowState, type RowSync, type Sent } from './row.ts';
import { ended, omit, settle, settleSent, statusOf, tidy, waiting, without } from './row-sync.ts';
import type { Rules } from './rules.ts';
import type { Effect, RowEvent } from './step-types.ts';

type Event<Kind extends RowEvent['kind']> = Extract<RowEvent, { kind: Kind }>;

/** The row's turn to be written. */
export function claimed(rules: Rules, state: RowState): readonly Effect[] {
  const { plan, now } = rules.context;
  const { sync } = state;
  if (sync.sent !== null || sync.retryAt > now) return [];
  if (sync.parked !== null) return state.row === null ? abandon(rules, state) : [];
  const { write, quiet } = fold(plan, state);
  const effects = quiet.flatMap(({ ids, state, message }) =>
    settle(ids, { state, message, sfid: null }),
  );
  if (write !== null) return [...effects, ...intend(rules, state, write)];
  if (quiet.length === 0) return [];
  const pending = without(
    state.pending,
    quiet.flatMap(({ ids }) => ids),
  );
  const after = { ...state, pending };
  const next = { ...after, sync: tidy(plan, after) };
  return [
    ...effects,
    ...(state.row === null
      ? []
      : [{ kind: 'setRow' as const, columns: {}, status: statusOf(next, 'SYNCED') }]),
    { kind: 'remember', sync: next.sync },
  ];
}

/**
 * The durable intent: what is about to be sent is remembered before it is. A crash after this commit finds it and treats
 * it as a write whose answer was lost; a crash before it has sent nothing.
 */
function intend(rules: Rules, state: RowState, write: FoldedWrite): readonly Effect[] {
  const { now, token, limits } = rules.context;
  const { op, sfid, key, values, bases, entries } = write;
  const recordId = present(state.recordId, 'the local id of a row with log entries');
  const sent: Sent = {
    attempt: token,
    op,
    values,
    bases,
    entries,
    key,
    at: now,
    quarantineUntil: now + limits.serverAppliesWithinMs,
    ambiguous: false,
    readAt: now,
  };
  return [
    ...settle(entries, { state: 'PENDING', message: null, sfid }),
    {
      kind: 'remember',
      sync: { ...state.sync, sent, epoch: token, sfid: sfid ?? state.sync.sfid },
    },
    { kind: 'send', send: { recordId, attempt: token, op, sfid, key, values, at: now } },
  ];
}

export function accepted(
  rules: Rules,
  state: RowState,
  { attempt, sfid }: Event<'accepted'>,
): readonly Effect[] {
  const { sent } = state.sync;
  return sent?.attempt === attempt ? [...done(rules, state, { sent, sfid, message: null })] : [];
}

interface Done {
  readonly sent: Sent;
  readonly sfid: string;
  readonly message: string | null;
}

/** Salesforce has it. The entries leave the log with the same commit that clears the intent, so neither is ever without the other. */
function done(rules: Rules, state: RowState, { sent, sfid, message }: Done): readonly Effect[] {
  const settled = settleSent(sent.entries, sfid, message);
  if (sent.op === 'delete') {
    // The sfid is remembered as long as a read that began earlier might still show the record.
    const gone = { ...ended(rules.context, NO_SYNC), sfid: state.row === null ? sfid : null };
    return [...settled, { kind: 'remember', sync: gone }];
  }
  const next = afterWrite(rules, state, { sent, sfid });
  return [
    ...settled,
    ...(state.row === null
      ? []
      : [
          {
            kind: 'setRow' as const,
            columns: {},
            ...(sent.op === 'insert' ? { sfid } : {}),
            status: statusOf(next, sent.op === 'insert' ? 'INSERTED' : 'UPDATED'),
          },
        ]),
    { kind: 'remember', sync: next.sync },
  ];
}

/** The row once a write of it is known to have been applied. */
export function afterWrite(
  rules: Rules,
  state: RowState,
  { sent, sfid }: { readonly sent: Sent; readonly sfid: string },
): RowState {
  const { sync, row } = state;
  const after: RowState = {
    ...state,
    row: row === null ? null : { ...row, sfid: sent.op === 'insert' ? sfid : row.sfid },
    pending: without(state.pending, sent.entries),
    sync: {
      ...ended(rules.context, sync),
      bases: omit(sync.bases, sent.values),
      attempts: 0,
      retryAt: 0,
      sfid,
    },
  };
  return { ...after, sync: tidy(rules.context.plan, after) };
}

export function refused(
  rules: Rules,
  state: RowState,
  { attempt, refusal }: Event<'refused'>,
): readonly Effect[] {
  const { sync } = state;
  const { plan, limits } = rules.context;
  const { sent } = sync;
  if (sent?.attempt !== attempt) return [];
  const meaning = classify(plan, sent.op, refusal);
  if (meaning === 'later') return retry(rules, state, sent);
  if (meaning === 'busy' && sync.attempts < limits.recordRetriesMax)
    return retry(rules, state, sent);
  const message = refusalMessage(refusal);
  if (meaning === 'gone' && sent.op === 'delete' && sync.sfid !== null) {
    return done(rules, state, { sent, sfid: sync.sfid, message });
  }
  const pending = without(state.pending, sent.entries);
  const err = refusalJson(sent.op, refusal);
  const after: RowState = { ...state, pending, sync: refusedSync(rules, sync, { sent, err }) };
  const next: RowState = { ...after, sync: tidy(plan, after) };
  const failed = waiting(pending).length === 0;
  return [
    ...settle(sent.entries, { state: 'FAILED', message, sfid: sync.sfid }),
    ...(state.row === null
      ? []
      : [
          {
            kind: 'setRow' as const,
            columns: {},
            status: failed ? { lastop: 'FAILED' as const, err } : statusOf(next, 'FAILED'),
          },
        ]),
    { kind: 'remember', sync: next.sync },
    // A refused delete leaves no row to show it: the record comes back. An update of a deleted record takes the row away.
    ...(sync.sfid !== null && (sent.op === 'delete' || meaning === 'gone')
      ? [{ kind: 'readAgain' as const, sfid: sync.sfid }]
      : []),
  ];
}

/** A refused value stays in its column, with what Salesforce holds instead as the base of the next merge. */
function refusedSync(
  rules: Rules,
  sync: RowSync,
  { sent, err }: { readonly sent: Sent; readonly err: string },
): RowSync {
  return {
    ...ended(rules.context, sync),
    bases: { ...sync.bases, ...sent.bases },
    refusal: err,
    attempts: 0,
    retryAt: 0,
  };
}

function retry(rules: Rules, state: RowState, sent: Sent): readonly Effect[] {
  const { now, limits } = rules.context;
  const attempts = state.sync.attempts + 1;
  const delay = backoffMs(attempts, { firstMs: limits.retryFirstMs, maxMs: limits.retryMaxMs });
  return release(rules, state, { sent, attempts, retryAt: now + delay });
}

export function unsent(
  rules: Rules,
  state: RowState,
  { attempt }: Event<'unsent'>,
): readonly Effect[] {
  const { sent, attempts } = state.sync;
  if (sent?.attempt !== attempt) return [];
  const { now, limits } = rules.context;
  return release(rules, state, { sent, attempts, retryAt: now + limits.retryFirstMs });
}

interface Release {
  readonly sent: Sent;
  readonly attempts: number;
  readonly retryAt: number;
}

/** Certainly not applied: the entries wait again. The fence opens here as on every other way out. */
function release(
  rules: Rules,
  { sync }: RowState,
  { sent, attempts, retryAt }: Release,
): readonly Effect[] {
  return [
    ...settle(sent.entries, { state: 'NEW', message: null, sfid: sync.sfid }),
    { kind: 'remember', sync: { ...ended(rules.context, sync), attempts, retryAt } },
  ];
}

/** The answer is lost, to the network or to a crash of ours. Nothing is decided until the record has been read back. */
export function lost(rules: Rules, state: RowState): readonly Effect[] {
  const { sync } = state;
  const { sent } = sync;
  if (sent === null || sent.ambiguous) return [];
  const { now } = rules.context;
  if (!rules.mechanisms.ambiguity) {
    return release(rules, state, { sent, attempts: sync.attempts, retryAt: now });
  }
  const ambiguous: Sent = { ...sent, ambiguous: true, readAt: now };
  return [{ kind: 'remember', sync: { ...sync, sent: ambiguous } }];
}

/** A person has decided about a row whose create could not be. */
export function resolved(
  { context }: Rules,
  state: RowState,
  { choice }: Event<'resolved'>,
): readonly Effect[] {
  const { sync, pending, row } = state;
  if (sync.parked === null) return [];
  const open: RowSync = { ...sync, parked: null };
  if (choice === 'send again') {
    const status = statusOf({ ...state, sync: open }, 'FAILED');
    return [
      ...(row === null ? [] : [{ kind: 'setRow' as const, columns: {}, status }]),
      { kind: 'remember', sync: { ...open, epoch: context.token } },
    ];
  }
  return [
    ...settle(
      pending.map(({ id }) => id),
      { state: 'FAILED', message: sync.parked, sfid: null },
    ),
    { kind: 'remember', sync: { ...open, refusal: sync.parked } },
  ];
}

/** The application deleted a parked row: there is nothing left to decide. */
function abandon({ context }: Rules, { pending }: RowState): readonly Effect[] {
  return [
    ...settle(
      pending.map(({ id }) => id),
      {
        state: 'IGNORED',
        message: 'deleted before it was known to have reached Salesforce',
        sfid: null,
      },
    ),
    { kind: 'remember', sync: ended(context, NO_SYNC) },
  ];
}
