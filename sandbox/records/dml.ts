import { createHash, randomUUID } from 'node:crypto';

import type pg from 'pg';
import { z } from 'zod';

import type { Clock } from '../../src/kit/clock.ts';
import { inTransaction } from '../../src/kit/transaction.ts';
import type { Injector } from '../injector.ts';
import { DML_ATTEMPTS_MAX, ROW_LOCK_TIMEOUT_MS } from '../limits.ts';
import { SalesforceError } from '../salesforce-error.ts';
import type { ObjectDef, Schema } from '../schema/schema.ts';
import type { Settings } from '../settings.ts';
import type { StoredRecord } from '../store/rows.ts';
import type { ApiUsage } from '../usage.ts';
import type { SaveResult, WriteContext } from './engine.ts';
import { changeStamp } from './stamp.ts';

/** What the engine is made of. */
export interface EngineParts {
  readonly pool: pg.Pool;
  readonly clock: Clock;
  readonly settings: Settings;
  readonly injector: Injector;
  readonly usage: ApiUsage;
  /** Connections for what is committed at once, whatever becomes of the transaction that does it: nobody who has one waits for another. */
  readonly announcements: pg.Pool;
  /** Within a transaction that has written records which shape the schema it is that transaction's own. */
  schema(client?: pg.PoolClient): Schema;
  /** Records that shape the schema were written: by this transaction, or committed. */
  shapeChanged?(client: pg.PoolClient | undefined): Promise<void>;
  /** What the caller may see and write; all of it when left out. */
  visible?(): Schema;
}

/** Changes records of another object in the same transaction, as the org itself: also fields that callers may only read. */
type UpdateRows = (dml: Dml, objectName: string, records: readonly StoredRecord[]) => Promise<void>;

/** The engine's parts with what writing needs of the engine itself. */
export interface DmlParts extends EngineParts {
  readonly updateRows: UpdateRows;
}

/** One transaction of writing. */
export interface Dml extends Pick<
  EngineParts,
  'injector' | 'usage' | 'clock' | 'settings' | 'announcements'
> {
  readonly client: pg.PoolClient;
  /** Everything there is: cascades and what the org itself does ask nobody's leave. */
  readonly schema: Schema;
  /** What the caller may see and write: what he names is looked up here. The schema itself for the administrator. */
  readonly visible: Schema;
  readonly context: WriteContext;
  readonly userId: string;
  /** The SystemModstamp of everything written here. */
  readonly stamp: Date;
  readonly now: Date;
  readonly transactionKey: string;
  readonly updateRows: UpdateRows;
  /** Journal entries written so far. */
  journalled: number;
  /** False when what was written stays whatever becomes of the others: events that are published at once. */
  undoable: boolean;
}

/** Thrown to roll back a call whose records must all be good; carries the answers. */
class RolledBack extends Error {
  override readonly name = 'RolledBack';
  readonly results: readonly SaveResult[];

  constructor(results: readonly SaveResult[]) {
    super('rolled back because not all records were valid');
    this.results = results;
  }
}

const BEGIN = `begin; set local lock_timeout = ${ROW_LOCK_TIMEOUT_MS}`;

/**
 * Runs one call of the engine in one transaction. The rows, their cascades and their journal entries commit together or
 * not at all: a crash before the commit leaves nothing, a crash after it leaves all, and the caller who lost the answer
 * finds the records.
 *
 * Two calls that insert one unique value at the same time both pass the check; the index stops the second, which then
 * runs again from the start and finds the first one's record.
 */
export async function runDml(
  parts: DmlParts,
  context: WriteContext,
  work: (dml: Dml) => Promise<readonly SaveResult[]>,
): Promise<readonly SaveResult[]> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      if (context.client !== undefined)
        return await inSavepoint(parts, context, context.client, work);
      return await inTransaction(
        parts.pool,
        (client) => attemptDml(parts, context, { client, key: randomUUID(), written: 0 }, work),
        BEGIN,
      );
    } catch (error) {
      if (error instanceof RolledBack) return error.results;
      if (attempt < DML_ATTEMPTS_MAX && sqlState(error) === UNIQUE_VIOLATION) continue;
      throw asLockError(error) ?? error;
    }
  }
}

async function inSavepoint(
  parts: DmlParts,
  context: WriteContext,
  client: pg.PoolClient,
  work: (dml: Dml) => Promise<readonly SaveResult[]>,
): Promise<readonly SaveResult[]> {
  await client.query('savepoint dml');
  try {
    const results = await attemptDml(parts, context, await transactionOf(client), work);
    await client.query('release savepoint dml');
    return results;
  } catch (error) {
    await client.query('rollback to savepoint dml; release savepoint dml');
    throw error;
  }
}

interface Transaction {
  readonly client: pg.PoolClient;
  /** For ChangeEventHeader.transactionKey. */
  readonly key: string;
  /** Journal entries written before. */
  readonly written: number;
}

/** Keys of transactions that several calls make together: the same for each of them. */
const KEY_SALT = randomUUID();

/** A transaction that other calls may have written in. */
async function transactionOf(client: pg.PoolClient): Promise<Transaction> {
  const { rows } = await client.query(CURRENT_TRANSACTION);
  const { id, written } = CurrentTransaction.parse(rows[0]);
  const digest = createHash('sha256').update(`${KEY_SALT} ${id}`).digest('hex');
  const key = digest.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
  return { client, key, written };
}

const CurrentTransaction = z.object({ id: z.string(), written: z.number() });

const CURRENT_TRANSACTION = `/* currentTransaction */
select pg_current_xact_id()::text as id,
       (select coalesce(max(sequence_number), 0) from change_journal where xid = pg_current_xact_id()) as written`;

async function attemptDml(
  parts: DmlParts,
  context: WriteContext,
  { client, key, written }: Transaction,
  work: (dml: Dml) => Promise<readonly SaveResult[]>,
): Promise<readonly SaveResult[]> {
  const schema = parts.schema(client);
  const { injector, usage, clock, settings, announcements } = parts;
  const dml: Dml = {
    client,
    injector,
    usage,
    clock,
    settings,
    announcements,
    schema,
    visible: parts.visible?.() ?? schema,
    context,
    userId: context.session.userId,
    stamp: changeStamp(parts.clock, parts.settings),
    now: new Date(parts.clock.now()),
    transactionKey: key,
    updateRows: parts.updateRows,
    journalled: written,
    undoable: true,
  };
  const results = await work(dml);
  if (context.allOrNone && dml.undoable && results.some(({ success }) => !success)) {
    throw new RolledBack(results.map(rolledBack));
  }
  return results;
}

/** What a good record answers when the others' faults undo it. */
export function rolledBack(result: SaveResult): SaveResult {
  if (!result.success) return result;
  const error = new SalesforceError(
    'ALL_OR_NONE_OPERATION_ROLLED_BACK',
    'Record rolled back because not all records were valid and the request was using AllOrNone header',
    { fields: [] },
  );
  return { ...result, id: result.created ? null : result.id, success: false, errors: [error] };
}

export function failed(id: string | null, error: SalesforceError): SaveResult {
  return { id, success: false, created: false, errors: [error, ...error.others] };
}

export function saved(id: string, created: boolean): SaveResult {
  return { id, success: true, created, errors: [] };
}

export const UNIQUE_VIOLATION = '23505';
const LOCK_NOT_AVAILABLE = '55P03';
const DEADLOCK = '40P01';

export function sqlState(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}

/** A lock that could not be had in time, or a deadlock: what Salesforce calls UNABLE_TO_LOCK_ROW. */
export function asLockError(
  error: unknown,
  ids: readonly string[] = [],
): SalesforceError | undefined {
  const state = sqlState(error);
  if (state !== LOCK_NOT_AVAILABLE && state !== DEADLOCK) return undefined;
  const which = ids.length === 0 ? '' : `: ${ids.join(', ')}`;
  return new SalesforceError(
    'UNABLE_TO_LOCK_ROW',
    `unable to obtain exclusive access to this record or ${Math.max(1, ids.length)} records${which}`,
    { fields: [], cause: error },
  );
}

/** An object as it is, and as its caller may see and write it. */
export interface Written {
  readonly object: ObjectDef;
  readonly visible: ObjectDef;
}

/** The object a call names, if such records are written at all. Whether the caller may, `refusalOf` says. */
export function getWrittenObject(
  { schema, visible: seen }: Pick<Dml, 'schema' | 'visible'>,
  name: string,
  may: 'createable' | 'updateable',
): Written {
  const visible = seen.findObject(name);
  const object = visible === undefined ? undefined : schema.findObject(visible.name);
  if (visible === undefined || object === undefined || object.isView) {
    throw new SalesforceError('NOT_FOUND', 'The requested resource does not exist');
  }
  if (!object.flags[may]) {
    throw new SalesforceError(
      'INVALID_TYPE_FOR_OPERATION',
      `entity type ${object.name} does not support ${may === 'createable' ? 'create' : 'update'}`,
    );
  }
  return { object, visible };
}

/** Why the caller's profile and permission sets do not let him write such records; undefined when they do. */
export function refusalOf(
  visible: ObjectDef,
  may: 'createable' | 'updateable' | 'deletable' | 'undeletable',
): SalesforceError | undefined {
  if (visible.flags[may]) return undefined;
  return new SalesforceError(
    'INSUFFICIENT_ACCESS_OR_READONLY',
    'insufficient access rights on object id',
    { fields: [] },
  );
}

/** The refusal that the admin API asks for this record, if it does. */
export function injected(
  dml: Pick<Dml, 'injector'>,
  operation: string,
  object: ObjectDef,
  id?: string | null,
): SalesforceError | undefined {
  const subject = [operation, object.name, id ?? ''].join(' ').trim();
  const effect = dml.injector.take({ point: 'record', subject });
  if (effect?.kind !== 'refuse') return undefined;
  return new SalesforceError(effect.errorCode, effect.message, { fields: [] });
}
