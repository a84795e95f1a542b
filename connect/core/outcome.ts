import type { MappingPlan } from './plan.ts';
import type { WriteOp } from './row.ts';
import type { Refusal } from './step-types.ts';

/**
 * What a refusal means for the record's next step.
 *
 * `later`: Salesforce cannot now, whatever the record; tried again until it can.
 * `busy`: something holds this record; tried again a bounded number of times.
 * `gone`: the record is no more.
 * `final`: Salesforce does not want this; a person sees its words.
 */
export type RefusalClass = 'later' | 'busy' | 'gone' | 'final';

/** Salesforce's codes that are about the moment, with what each says. */
const LATER: Readonly<Record<string, string>> = {
  SERVER_UNAVAILABLE: 'the org is restarting or overloaded',
  REQUEST_LIMIT_EXCEEDED: 'the calls of the day are used up',
  CONCURRENT_REQUESTS_EXCEEDED: 'too many long calls at once',
  CONCURRENT_API_REQUESTS_LIMIT_EXCEEDED: 'too many long calls at once',
  EXCEEDED_MAX_SEMAPHORE_REQUESTS: 'too many calls at once',
  TXN_SECURITY_METERING_ERROR: 'the org is metering calls',
  QUERY_TIMEOUT: 'the org was too slow for its own limit',
  INVALID_SESSION_ID: 'the session ended and could not be renewed yet',
  ORG_LOCKED: 'the org is locked for maintenance',
  SERVICE_UNAVAILABLE: 'the org is away',
  API_CURRENTLY_DISABLED: 'calls are switched off for now',
  HTTP_429: 'too many calls at once',
  HTTP_500: 'the org failed',
  HTTP_502: 'the org failed',
  HTTP_503: 'the org is away',
  HTTP_504: 'the org was too slow',
};

const BUSY: Readonly<Record<string, string>> = {
  UNABLE_TO_LOCK_ROW: 'another transaction holds the record or its parent',
  APEX_ERROR_LOCK: 'automation could not lock a record',
  ALREADY_IN_PROCESS: 'another write of the record is under way',
  ENTITY_IS_LOCKED_TEMPORARILY: 'the record is locked for a moment',
};

const GONE: Readonly<Record<string, string>> = {
  ENTITY_IS_DELETED: 'the record is in the recycle bin',
  NOT_FOUND: 'the record does not exist',
  INVALID_CROSS_REFERENCE_KEY: 'the id leads nowhere',
};

export function classify(plan: MappingPlan, op: WriteOp, refusal: Refusal): RefusalClass {
  const { code } = refusal;
  if (Object.hasOwn(LATER, code)) return 'later';
  if (Object.hasOwn(BUSY, code)) return 'busy';
  // Elsewhere INVALID_CROSS_REFERENCE_KEY is about a lookup's value, which is the application's to correct.
  if (Object.hasOwn(GONE, code) && !(op !== 'delete' && code === 'INVALID_CROSS_REFERENCE_KEY')) {
    return 'gone';
  }
  // Two upserts of one key at once: the loser of the race becomes an update when sent again.
  if (
    op === 'insert' &&
    code === 'DUPLICATE_VALUE' &&
    plan.externalId !== null &&
    refusal.fields.includes(plan.externalId.field)
  ) {
    return 'busy';
  }
  return 'final';
}

/** As the log's `sf_message` says it. */
export function refusalMessage({ message }: Refusal): string {
  return `Salesforce error: '${message}'`;
}

/** As the row's `_hc_err` says it: JSON text. */
export function refusalJson(op: WriteOp, { code, message, fields }: Refusal): string {
  return JSON.stringify({
    op: op.toUpperCase(),
    code,
    msg: refusalMessage({ code, message, fields }),
    fields,
  });
}
