import type { Readable } from 'node:stream';
import type { Cursor, Keyset } from './core/cursor.ts';
import type { MappingPlan } from './core/plan.ts';
import type { OrgRecord, Token } from './core/row.ts';
import type { Effect, Refusal, RowEvent, Send, StepLimits } from './core/step-types.ts';

/**
 * What the engine needs of the world. connect/postgres is the Store, connect/salesforce the Org; the laws run the same
 * engine over a model of each. The clock is the kit's.
 *
 * Every method may throw a Fault: the calling loop logs it, backs off and tries again. Nothing is lost by that, because
 * each method that changes something does so in one transaction.
 */
export interface Store {
  /**
   * The next number of a sequence of this database. Taken before a read of Salesforce begins; the same sequence numbers
   * the ends of writes (`RowSync.epoch`), so that "this read began before that write ended" is a comparison, without clocks.
   */
  nextToken(): Promise<Token>;

  /**
   * Picks up to `rowsMax` rows of the mapping that have log entries to look at, steps each with `claimed`, applies the
   * effects in one transaction and returns the writes to send.
   *
   * Candidates: log entries in state NEW or IGNORE (by state, never by an id cursor), oldest first, whose row has no
   * `sent`, is not parked (unless the row is gone from the table), and whose `retryAt` has passed. A row with a parent link whose parent (same external id in the
   * parent's table) has no sfid yet but has a waiting INSERT or a `sent`, is passed over. Rows another transaction holds
   * are skipped; rows are locked ordered by id, and their log is read in a second statement after that.
   */
  claim(mapping: MappingPlan, claim: ClaimRequest): Promise<Claimed>;

  /**
   * Steps rows with what happened to them and applies all effects, and the cursor when given, in one transaction.
   *
   * A row is found by `recordId`, or by the record: (1) table.sfid; (2) the sfid of a waiting
   * DELETE in the log, or of the bookkeeping (the application deleted the row, Salesforce does not know yet); (3) for mappings with an
   * external id, the row without sfid that has it, or the bookkeeping whose `sent.key` it is. Not found: an empty RowState.
   * Rows are locked ordered by id; the log is read in a second statement; only then `step` is called. Unchanged rows may
   * be dropped first by an unlocked look: equal in every incoming column, nothing pending, `_hc_lastop` SYNCED, no bookkeeping.
   * `searched`: the store removes candidates that a row is linked to, before the step.
   */
  step(
    mapping: MappingPlan,
    steps: readonly AddressedEvent[],
    options: StepOptions,
  ): Promise<readonly Effect[]>;

  /** What to read from Salesforce outside the sweep: ambiguous writes whose `readAt` has passed, and sfids of `readAgain` whose row has no `sent`. */
  toRead(
    mapping: MappingPlan,
    options: { readonly max: number; readonly now: number },
  ): Promise<ToRead>;

  /** Steps with `crashed` every row whose `sent` is not yet ambiguous. Called by the holder of the mapping's lease before its loops start, and after a claim whose commit was not confirmed. Returns the number of rows. */
  recover(mapping: MappingPlan, options: StepOptions): Promise<number>;

  /** Drops bookkeeping that says nothing any more (nothing sent, settled, refused, parked or retried) and whose epoch is below `before`, and settled marks without pending entries. */
  forget(mapping: MappingPlan, before: Token): Promise<void>;

  readCursor(mapping: MappingPlan): Promise<Cursor | null>;

  /** The state of an initial load or reload in progress; null when the table is loaded. */
  readLoad(mapping: MappingPlan): Promise<LoadState | null>;
  /** Remembers the job (before the first page is asked for) or its next page. */
  saveLoad(mapping: MappingPlan, load: LoadState): Promise<void>;
  /**
   * Writes one page of the job's CSV and `next` in one transaction, so a kill repeats at most this page and doubles nothing.
   * Rows that have pending entries, a `sent`, or an epoch above the load's token are left alone and put down for `readAgain`.
   * Returns the number of records in the page.
   */
  loadPage(
    mapping: MappingPlan,
    page: { readonly csv: Readable; readonly next: LoadState },
  ): Promise<number>;
  /** The load is complete: rows with an sfid that it did not bring go on the `readAgain` list; the cursor starts at the job's start. */
  finishLoad(mapping: MappingPlan, cursor: Cursor): Promise<void>;
}

export interface ClaimRequest extends StepOptions {
  readonly rowsMax: number;
}

export interface StepOptions {
  readonly now: number;
  readonly limits: StepLimits;
  /** Written in the same transaction. */
  readonly cursor?: Cursor | undefined;
}

export interface Claimed {
  readonly sends: readonly Send[];
  /** Rows looked at; equal to `rowsMax` when there may be more. */
  readonly rows: number;
  /** When a passed-over row becomes due, epoch milliseconds; null: none waits. */
  readonly nextDueAt: number | null;
}

export interface AddressedEvent {
  /** Null: find the row by the event's record, or, where a `readBack` found none, by its `sfid`. */
  readonly recordId: number | null;
  readonly event: RowEvent;
}

export interface ToRead {
  /** Writes whose answer was lost. `sfid` and `key` null: a create without external id, to be searched for. */
  readonly ambiguous: readonly AmbiguousWrite[];
  readonly sfids: readonly string[];
  /** When the next ambiguous write is due, epoch milliseconds; null: none waits. */
  readonly nextDueAt: number | null;
}

export interface AmbiguousWrite {
  readonly recordId: number;
  readonly sfid: string | null;
  readonly key: string | null;
  /** Epoch milliseconds of the intent. */
  readonly at: number;
}

export interface LoadState {
  readonly jobId: string;
  /** Taken before the job was made. */
  readonly token: Token;
  /** Salesforce's clock when the job was made (ISO). */
  readonly asOf: string;
  /** The page to fetch next; null: the first, or, with `done`, none. */
  readonly locator: string | null;
  readonly done: boolean;
  readonly records: number;
}

export interface Org {
  /**
   * One page of records whose stamp is at or after `since`, ordered by (stamp, Id), those after `after` only; soft-deleted
   * ones included as deleted (where the object has IsDeleted). At most `max` records.
   */
  changesSince(mapping: MappingPlan, window: ChangeWindow, signal: AbortSignal): Promise<OrgPage>;

  /** Reads records by sfid and by external id, deleted ones included (of one external id the live record, else the last deleted one; its key is in `values`, and `createdAt` is set). What is absent from the answer does not exist. Any doubt throws. */
  readBack(
    mapping: MappingPlan,
    wanted: WantedRecords,
    signal: AbortSignal,
  ): Promise<readonly OrgRecord[]>;

  /** Records, deleted ones too, that our own user created at or after `since` (epoch milliseconds on our clock; the adapter allows for skew). */
  createdBySelf(
    mapping: MappingPlan,
    since: number,
    signal: AbortSignal,
  ): Promise<readonly OrgRecord[]>;

  /**
   * Sends up to 200 writes of one operation, partial success allowed. One outcome for each, in order. It does not throw:
   * what is certain never to have left is `unsent`, what may have been applied is `lost`.
   */
  write(
    mapping: MappingPlan,
    sends: readonly Send[],
    signal: AbortSignal,
  ): Promise<readonly WriteOutcome[]>;

  /** Ids deleted since (the /deleted resource: knows purged records too). Throws where the object does not support it. */
  deletedSince(
    mapping: MappingPlan,
    since: string,
    signal: AbortSignal,
  ): Promise<{ readonly sfids: readonly string[]; readonly asOf: string }>;

  /** Creates a Bulk 2.0 query job over all live records of the mapping. */
  createQueryJob(
    mapping: MappingPlan,
    signal: AbortSignal,
  ): Promise<{ readonly jobId: string; readonly asOf: string }>;
  queryJobState(
    jobId: string,
    signal: AbortSignal,
  ): Promise<'running' | 'complete' | 'failed' | 'absent'>;
  /** One page of a finished job as raw CSV with its header line; `next` null: it was the last. */
  queryJobPage(
    jobId: string,
    locator: string | null,
    signal: AbortSignal,
  ): Promise<{ readonly csv: Readable; readonly next: string | null }>;

  /** API calls used and allowed in the last 24 h, from the last answer's header; null before the first. */
  usage(): { readonly used: number; readonly max: number } | null;
}

export interface ChangeWindow {
  /** ISO time, inclusive; null: from the beginning. */
  readonly since: string | null;
  readonly after: Keyset | null;
  readonly max: number;
}

export interface OrgPage {
  readonly records: readonly OrgRecord[];
  /** (stamp, Id) of the last record; null when the page is empty. */
  readonly end: Keyset | null;
  /** Whether records after `end` may exist. */
  readonly more: boolean;
  /** Salesforce's own clock when it answered (the Date header, ISO). */
  readonly asOf: string;
}

export interface WantedRecords {
  readonly sfids: readonly string[];
  readonly keys: readonly string[];
}

export type WriteOutcome =
  | { readonly kind: 'accepted'; readonly sfid: string }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'lost'; readonly reason: string }
  | { readonly kind: 'unsent'; readonly reason: string };

/** Hints that something changed: the doorbell (store) and streaming (org). They may come twice or never; the loops look for themselves. */
export interface Hints {
  /** Calls `onHint` until disposed. `table` null: any mapping. */
  subscribe(onHint: (hint: Hint) => void): Disposable;
}

export interface Hint {
  readonly side: 'store' | 'org';
  /** The mapping's table; null: unknown. */
  readonly table: string | null;
}
