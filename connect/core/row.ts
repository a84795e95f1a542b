/**
 * What the engine knows of one row while it decides about it: the row itself, its waiting log entries, and our own
 * bookkeeping. A store loads this under the row's lock, calls `step`, and writes the effects in the same transaction.
 */

/** A field's value as canonical text (values.ts), null where it is empty. */
export type Value = string | null;
/** Values by column name. A column that is absent is not spoken of, which differs from null. */
export type Values = Readonly<Record<string, Value>>;

/** Serial number of reads and writes of one database; see `Store.nextToken`. */
export type Token = number;

export interface RowState {
  /** The local `id`. Null: the Salesforce record has no row here, nor a memory of one. */
  readonly recordId: number | null;
  /** The row as it stands in the table; null where the application deleted it (or it never was). */
  readonly row: { readonly sfid: string | null; readonly values: Values } | null;
  /** Entries of the trigger log in state NEW, PENDING or IGNORE, oldest first (by id: for one row that is commit order). */
  readonly pending: readonly LogEntry[];
  readonly sync: RowSync;
  /**
   * Only where `recordId` is null: the mapping has creates whose answer is open and which nothing but a search can tell
   * from this record (no external id). Epoch milliseconds of the oldest such intent; null when there is none.
   */
  readonly openCreatesSince: number | null;
}

export interface LogEntry {
  readonly id: number;
  readonly action: 'INSERT' | 'UPDATE' | 'DELETE';
  /** IGNORE: the trigger saw no change, or a delete of a row without sfid, or a person asked to skip it. */
  readonly state: 'NEW' | 'PENDING' | 'IGNORE';
  readonly sfid: string | null;
  /** The whole row before the change; null for an INSERT and for a change captured by hand. */
  readonly old: Values | null;
  /** INSERT: the whole row. UPDATE: what changed. DELETE: null. */
  readonly values: Values | null;
  readonly createdAt?: number | undefined;
}

/** Our bookkeeping of one row. A row that has none is as `NO_SYNC` says. */
export interface RowSync {
  /** Rises whenever a write of this row ends. A read that began at a lower token says nothing about it. */
  readonly epoch: Token;
  /** The write that is on the wire, or whose answer was lost. While it is set the row is closed to reads and to other writes. */
  readonly sent: Sent | null;
  /** Log entries up to this id no longer speak for the column: Salesforce's value has replaced theirs. */
  readonly settled: Readonly<Record<string, number>>;
  /**
   * What Salesforce is known to hold where the log's `old` does not say it: a refused value stands in the column, or a
   * conflict was won by ours. The base of the next merge.
   */
  readonly bases: Values;
  /** Salesforce's words about the last refused write, kept while a refused value stands in the row. */
  readonly refusal: string | null;
  /** Retryable refusals in a row. */
  readonly attempts: number;
  /** Not sent again before this time, epoch milliseconds. */
  readonly retryAt: number;
  /** Why a person must decide; the row is not written to Salesforce until then. */
  readonly parked: string | null;
  /** The Salesforce id, remembered beyond the row: an application may delete the row while its create is on the wire. */
  readonly sfid: string | null;
}

export const NO_SYNC: RowSync = {
  epoch: 0,
  sent: null,
  settled: {},
  bases: {},
  refusal: null,
  attempts: 0,
  retryAt: 0,
  parked: null,
  sfid: null,
};

export interface Sent {
  readonly attempt: Token;
  readonly op: WriteOp;
  /** What was sent, column by column; empty for a delete. */
  readonly values: Values;
  /** What Salesforce held before, as far as known; a column that is absent is unknown. */
  readonly bases: Values;
  /** The log entries this write carries. */
  readonly entries: readonly number[];
  /** The external id under which a create was sent. */
  readonly key: string | null;
  /** Epoch milliseconds of the durable intent. */
  readonly at: number;
  /** Until then Salesforce may still apply the write though we gave up waiting: nothing but its visible effect decides. */
  readonly quarantineUntil: number;
  /** Set once the answer is known to be lost. Sticky: only a successful read-back clears it. */
  readonly ambiguous: boolean;
  /** Of an ambiguous write: not read back before this time. */
  readonly readAt: number;
}

export type WriteOp = 'insert' | 'update' | 'delete';

/** A record as Salesforce shows it. */
export type OrgRecord = LiveRecord | DeletedRecord;

export interface LiveRecord {
  readonly sfid: string;
  readonly deleted: false;
  /** Mapped columns only, canonical. */
  readonly values: Values;
  /** Salesforce's CreatedDate, epoch milliseconds, where it was asked for; a read-back by external id always does. */
  readonly createdAt?: number | undefined;
  /** Whether our own user created it, where that was asked for: every read of a mapping without external id does. */
  readonly bySelf?: boolean | undefined;
}

export interface DeletedRecord {
  readonly sfid: string;
  readonly deleted: true;
  /** What the recycle bin still shows of it (mapped columns, canonical); null where nothing is known but its id. */
  readonly values: Values | null;
  readonly createdAt?: number | undefined;
}
