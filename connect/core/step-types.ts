import type { MappingPlan } from './plan.ts';
import type { OrgRecord, RowSync, Token, Value, Values, WriteOp } from './row.ts';

/** What does not belong to one row: the mapping, the time, a fresh token taken inside the transaction, and the bounds. */
export interface StepContext {
  readonly plan: MappingPlan;
  readonly now: number;
  /** From `nextToken`'s sequence, taken inside the transaction that applies the effects (one for a whole batch will do). */
  readonly token: Token;
  readonly limits: StepLimits;
}

export interface StepLimits {
  /** How long after the intent Salesforce may still apply a write whose client has gone. */
  readonly serverAppliesWithinMs: number;
  /** How far Salesforce's clock may be from ours where the two are compared. */
  readonly clockSkewMs: number;
  readonly retryFirstMs: number;
  readonly retryMaxMs: number;
  /** Retryable refusals of one record before they are final. */
  readonly recordRetriesMax: number;
}

/** A read's place in time: its token and our clock, both taken before the request went out. */
export interface ReadStart {
  readonly token: Token;
  readonly startedAt: number;
}

/** What can happen to one row. */
export type RowEvent =
  /** The push loop wants the row's next write. */
  | { readonly kind: 'claimed' }
  /** Salesforce answered: done. `sfid` is the record's id. */
  | { readonly kind: 'accepted'; readonly attempt: Token; readonly sfid: string }
  /** Salesforce answered: no. */
  | { readonly kind: 'refused'; readonly attempt: Token; readonly refusal: Refusal }
  /** The request never left: certain that nothing was applied. */
  | { readonly kind: 'unsent'; readonly attempt: Token; readonly reason: string }
  /** The request left and no answer came. */
  | { readonly kind: 'answerLost'; readonly attempt: Token }
  /** A write of an earlier life of the process was found on the wire. */
  | { readonly kind: 'crashed' }
  /** A sweep read this record. */
  | { readonly kind: 'pulled'; readonly record: OrgRecord; readonly read: ReadStart }
  /** The record was asked for by id or external id, deleted ones included; null: Salesforce has none. */
  | {
      readonly kind: 'readBack';
      /** The id that was asked for; null: it was asked for by external id. */
      readonly sfid: string | null;
      readonly found: OrgRecord | null;
      readonly read: ReadStart;
    }
  /** A create without external id was searched for: records, deleted ones too, of our own user since the intent which no row is linked to. */
  | {
      readonly kind: 'searched';
      readonly candidates: readonly OrgRecord[];
      readonly read: ReadStart;
    }
  /** The read-back itself failed: nothing is learnt. */
  | { readonly kind: 'readBackFailed' }
  /** A person decided about a parked row. */
  | { readonly kind: 'resolved'; readonly choice: 'send again' | 'drop' };

export type RowEventKind = RowEvent['kind'];

/** Salesforce's answer to one record it did not take. */
export interface Refusal {
  /** Salesforce's status code: `UNABLE_TO_LOCK_ROW`, `REQUIRED_FIELD_MISSING`; for a whole request its error code. */
  readonly code: string;
  readonly message: string;
  readonly fields: readonly string[];
}

/** What is to be done about one row. All effects of a step belong in one transaction, except `send`, which follows its commit. */
export type Effect =
  /** Write these columns (and the sfid, when given) as Connect, and leave `_hc_lastop` and `_hc_err` as `status` says. */
  | {
      readonly kind: 'setRow';
      readonly columns: Values;
      readonly sfid?: string | undefined;
      readonly status: RowStatus;
    }
  /** A new row as Connect; `recordId` where the row had a local id before and should have it again. */
  | {
      readonly kind: 'insertRow';
      readonly sfid: string;
      readonly columns: Values;
      readonly recordId: number | null;
    }
  /** Delete the row as Connect (no log entry). */
  | { readonly kind: 'deleteRow' }
  /** Log entries change state. PENDING and NEW stay in the log; every other state moves them to the archive. */
  | {
      readonly kind: 'settleLog';
      readonly ids: readonly number[];
      readonly state: SettledState;
      readonly message: string | null;
      readonly sfid: string | null;
    }
  /** Our bookkeeping of the row is now this. */
  | { readonly kind: 'remember'; readonly sync: RowSync }
  /** Read the record again soon: a read of it was dropped or has to be confirmed. Kept as a set of sfids beside the cursor. */
  | { readonly kind: 'readAgain'; readonly sfid: string }
  /** The record was read as asked: no longer in that set. */
  | { readonly kind: 'readDone'; readonly sfid: string }
  | { readonly kind: 'recordConflict'; readonly conflict: Conflict }
  /** After the commit: put this on the wire. */
  | { readonly kind: 'send'; readonly send: Send };

type SettledState = 'NEW' | 'PENDING' | 'SUCCESS' | 'FAILED' | 'MERGED' | 'IGNORED';

export interface RowStatus {
  readonly lastop: 'PENDING' | 'INSERTED' | 'UPDATED' | 'SYNCED' | 'FAILED';
  /** `_hc_err`: JSON text, or null. */
  readonly err: string | null;
}

/** One write of one record. */
export interface Send {
  readonly recordId: number;
  readonly attempt: Token;
  readonly op: WriteOp;
  /** Set for update and delete. */
  readonly sfid: string | null;
  /** insert: the external id to upsert on; null where the mapping has none. It is not repeated in `values`. */
  readonly key: string | null;
  /** By column, canonical. Empty for a delete. */
  readonly values: Values;
  /** Epoch milliseconds of the durable intent. */
  readonly at: number;
}

export interface Conflict {
  /** `field`: both sides changed it. `deleted`: one side deleted what the other changed. `undecided`: an answer was lost and the field has changed since. */
  readonly kind: 'field' | 'deleted' | 'undecided';
  /** Null where the whole record is meant. */
  readonly column: string | null;
  readonly mine: Value;
  readonly theirs: Value;
  readonly base: Value;
  readonly winner: 'salesforce' | 'postgres';
  readonly sfid: string | null;
  /** The losing row's last image, where a whole record lost. */
  readonly image: Values | null;
}
