import type { MappedField, MappingPlan } from '../../../connect/core/plan.ts';
import {
  NO_SYNC,
  type LogEntry,
  type RowState,
  type RowSync,
  type Sent,
} from '../../../connect/core/row.ts';
import type {
  Effect,
  RowEvent,
  RowEventKind,
  StepContext,
} from '../../../connect/core/step-types.ts';

/** The states a row can be in, as SPEC.md names them, and one row in each. */
export type StateName =
  | 'unknown'
  | 'synced'
  | 'new'
  | 'changed'
  | 'sending'
  | 'ambiguous'
  | 'refused'
  | 'deleted'
  | 'gone'
  | 'parked';

const text = (column: string): MappedField => ({
  name: column,
  column,
  kind: 'text',
  createable: true,
  updateable: true,
});

export const PLAN: MappingPlan = {
  id: 'm',
  connection: 'c',
  object: 'Contact',
  schema: 'salesforce',
  table: 'contact',
  access: 'read_write',
  writes: 'merged',
  conflict: 'salesforce',
  externalId: { field: 'Key__c', column: 'key__c' },
  stampField: 'SystemModstamp',
  hasIsDeleted: true,
  fields: [text('key__c'), text('lastname'), text('phone')],
};

export const KEYLESS: MappingPlan = {
  ...PLAN,
  externalId: null,
  fields: [text('lastname'), text('phone')],
};

export const NOW = 1_000_000;
const SFID = '003A';
const BEFORE = { key__c: 'k', lastname: 'Ada', phone: '1' };

export function contextOf(plan: MappingPlan = PLAN): StepContext {
  return {
    plan,
    now: NOW,
    token: 100,
    limits: {
      serverAppliesWithinMs: 60_000,
      clockSkewMs: 1_000,
      retryFirstMs: 500,
      retryMaxMs: 8_000,
      recordRetriesMax: 3,
    },
  };
}

export const UPDATE: LogEntry = {
  id: 11,
  action: 'UPDATE',
  state: 'NEW',
  sfid: SFID,
  old: BEFORE,
  values: { lastname: 'Byron' },
};
export const INSERT: LogEntry = {
  id: 10,
  action: 'INSERT',
  state: 'NEW',
  sfid: null,
  old: null,
  values: { ...BEFORE, phone: null },
};
export const DELETE: LogEntry = {
  id: 12,
  action: 'DELETE',
  state: 'NEW',
  sfid: SFID,
  old: BEFORE,
  values: null,
};

export const SENT: Sent = {
  attempt: 50,
  op: 'update',
  values: { lastname: 'Byron' },
  bases: { lastname: 'Ada' },
  entries: [11],
  key: null,
  at: NOW - 10_000,
  quarantineUntil: NOW + 50_000,
  ambiguous: false,
  readAt: NOW - 10_000,
};

export function rowState(state: Partial<RowState>, sync: Partial<RowSync> = {}): RowState {
  return {
    recordId: 1,
    row: { sfid: SFID, values: BEFORE },
    pending: [],
    openCreatesSince: null,
    ...state,
    sync: { ...NO_SYNC, ...sync },
  };
}

const CHANGED_ROW = { sfid: SFID, values: { ...BEFORE, lastname: 'Byron' } };

export const STATES: Readonly<Record<StateName, RowState>> = {
  unknown: rowState({ recordId: null, row: null }),
  synced: rowState({}),
  new: rowState({ row: { sfid: null, values: { ...BEFORE, phone: null } }, pending: [INSERT] }),
  changed: rowState({ row: CHANGED_ROW, pending: [UPDATE] }),
  sending: rowState(
    { row: CHANGED_ROW, pending: [{ ...UPDATE, state: 'PENDING' }] },
    { sent: SENT, epoch: 50, sfid: SFID },
  ),
  ambiguous: rowState(
    { row: CHANGED_ROW, pending: [{ ...UPDATE, state: 'PENDING' }] },
    { sent: { ...SENT, ambiguous: true }, epoch: 50, sfid: SFID },
  ),
  refused: rowState(
    { row: CHANGED_ROW },
    { bases: { lastname: 'Ada' }, refusal: '{"msg":"no"}', epoch: 50 },
  ),
  deleted: rowState({ row: null, pending: [DELETE] }),
  gone: rowState({ row: null }, { sfid: SFID, epoch: 50 }),
  parked: rowState(
    { row: { sfid: null, values: BEFORE }, pending: [INSERT] },
    { parked: 'undecided', epoch: 50 },
  ),
};

const READ = { token: 60, startedAt: NOW - 1_000 };

/** One event of each kind: the answers are to attempt 50, the record is as it was before the row's change. */
export const EVENTS: Readonly<Record<RowEventKind, RowEvent>> = {
  claimed: { kind: 'claimed' },
  accepted: { kind: 'accepted', attempt: 50, sfid: SFID },
  refused: {
    kind: 'refused',
    attempt: 50,
    refusal: { code: 'REQUIRED_FIELD_MISSING', message: 'no', fields: [] },
  },
  unsent: { kind: 'unsent', attempt: 50, reason: 'connection refused' },
  answerLost: { kind: 'answerLost', attempt: 50 },
  crashed: { kind: 'crashed' },
  pulled: { kind: 'pulled', read: READ, record: { sfid: SFID, deleted: false, values: BEFORE } },
  readBack: {
    kind: 'readBack',
    sfid: SFID,
    read: READ,
    found: { sfid: SFID, deleted: false, values: BEFORE },
  },
  searched: { kind: 'searched', read: READ, candidates: [] },
  readBackFailed: { kind: 'readBackFailed' },
  resolved: { kind: 'resolved', choice: 'send again' },
};

/** The row after the effects, as a store would have it. */
export function applied(state: RowState, effects: readonly Effect[]): RowState {
  return effects.reduce(apply, state);
}

function apply(state: RowState, effect: Effect): RowState {
  switch (effect.kind) {
    case 'setRow':
      return {
        ...state,
        row: {
          sfid: effect.sfid ?? state.row?.sfid ?? null,
          values: { ...state.row?.values, ...effect.columns },
        },
      };
    case 'insertRow':
      return {
        ...state,
        recordId: effect.recordId ?? 1,
        row: { sfid: effect.sfid, values: effect.columns },
      };
    case 'deleteRow':
      return { ...state, row: null };
    case 'remember':
      return { ...state, sync: effect.sync };
    case 'settleLog': {
      const { ids, state: to } = effect;
      const stays = to === 'NEW' || to === 'PENDING' ? to : null;
      return {
        ...state,
        pending: state.pending.flatMap((entry) => {
          if (!ids.includes(entry.id)) return [entry];
          return stays === null ? [] : [{ ...entry, state: stays }];
        }),
      };
    }
    case 'readAgain':
    case 'readDone':
    case 'recordConflict':
    case 'send':
      return state;
    default:
      throw new Error('no such effect');
  }
}

export function nameOf({ recordId, row, pending, sync }: RowState): StateName {
  if (recordId === null) return 'unknown';
  if (sync.parked !== null) return 'parked';
  if (sync.sent !== null) return sync.sent.ambiguous ? 'ambiguous' : 'sending';
  if (row === null) return pending.length > 0 ? 'deleted' : 'gone';
  if (pending.length > 0) return row.sfid === null ? 'new' : 'changed';
  return sync.refusal === null ? 'synced' : 'refused';
}
