import type pg from 'pg';

import { SalesforceError } from '../salesforce-error.ts';
import type { Session } from '../session.ts';

/** A record as a caller gives it: JSON values, or text cells of a CSV file. Field names in any case. */
export type InputRecord = Readonly<Record<string, unknown>>;

/** Who writes and how the writing is told to others. */
export interface WriteContext {
  readonly session: Pick<Session, 'userId'>;
  /** ChangeEventHeader.changeOrigin, see `changeOrigin()` in records/origin.ts. */
  readonly origin: string;
  /** True: the first refusal rolls everything back and every other record answers ALL_OR_NONE_OPERATION_ROLLED_BACK. */
  readonly allOrNone: boolean;
  /** `text`: values are CSV cells ("true", "3.5"); `json` (default): they are JSON values of the right type. */
  readonly values?: 'json' | 'text';
  /** Cut too-long strings instead of refusing them (AllowFieldTruncationHeader). */
  readonly truncate?: boolean;
  /** False: workflow rules are not asked, since a process writes. */
  readonly workflow?: boolean;
  /** A transaction of the caller's to work in (composite with allOrNone); else each call is one of its own. */
  readonly client?: pg.PoolClient;
}

/** The outcome for one record, in the order given. */
export interface SaveResult {
  /** 18 characters; null when nothing was saved and none is known. */
  readonly id: string | null;
  readonly success: boolean;
  /** True when this call made the record; of an upsert that was refused, when it would have. */
  readonly created: boolean;
  readonly errors: readonly SalesforceError[];
  /** Of a platform event: the EventUuid under which its subscribers will get it. */
  readonly eventUuid?: string;
}

/** What a result's list of errors shows: of an event, that it will be published, and how to know it again. */
export function statementsOf({ errors, eventUuid }: SaveResult): readonly SalesforceError[] {
  if (eventUuid === undefined || errors.length > 0) return errors;
  return [new SalesforceError('OPERATION_ENQUEUED', eventUuid, { fields: [] })];
}

/**
 * Writing of records. Each call is one transaction: rows, system fields, cascades and journal entries commit together.
 * Without allOrNone the good records are saved and the bad ones answered with their errors.
 * Any number of records may be given; callers cut at their own API's limit (200 in collections, 10,000 in a bulk batch).
 * A record is refused by its SaveResult; a call as a whole (unknown object: NOT_FOUND / INVALID_TYPE) by a thrown SalesforceError.
 */
export interface RecordEngine {
  /** Records of one object. References may be given as `{ "Account": { "Ext__c": "x" } }` or as a cell `Account.Ext__c`. */
  create(
    context: WriteContext,
    object: string,
    records: readonly InputRecord[],
  ): Promise<readonly SaveResult[]>;
  /** Each record carries its Id. */
  update(
    context: WriteContext,
    object: string,
    records: readonly InputRecord[],
  ): Promise<readonly SaveResult[]>;
  /** By an external-id field, or by Id. Several records of the call with one key are refused as DUPLICATE_VALUE. */
  upsert(
    context: WriteContext,
    target: {
      readonly object: string;
      readonly externalIdField: string;
      readonly updateOnly?: boolean;
    },
    records: readonly InputRecord[],
  ): Promise<readonly SaveResult[]>;
  /** Ids of any objects, mixed. `hard` skips the recycle bin. */
  delete(
    context: WriteContext,
    ids: readonly string[],
    options?: { readonly hard?: boolean },
  ): Promise<readonly SaveResult[]>;
  undelete(context: WriteContext, ids: readonly string[]): Promise<readonly SaveResult[]>;
}
