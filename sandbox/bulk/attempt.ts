import { INJECTED_DELAY_MS_MAX } from '../limits.ts';
import type { Org } from '../org.ts';
import { asDatabaseRefusal, SalesforceError } from '../salesforce-error.ts';

export interface Attempts {
  readonly org: Pick<Org, 'injector' | 'clock' | 'log'>;
  readonly jobId: string;
  /** `upsert Contact` */
  readonly subject: string;
  readonly signal: AbortSignal;
  readonly retriesMax: number;
  /** Called before a batch is tried again. */
  retried(): Promise<void>;
}

/** A batch that failed as a whole, and not by its own mistake. */
export class BatchFailure extends Error {
  override readonly name = 'BatchFailure';
}

/**
 * Works on a batch until it is done. A batch that fails as a whole (a time limit, a deadlock, a fault of the admin API's)
 * is tried again, as Salesforce does, a bounded number of times. `work` is one transaction, so a failed attempt has left
 * nothing behind.
 */
export async function attemptBatch<T>(attempts: Attempts, work: () => Promise<T>): Promise<T> {
  const { org, jobId } = attempts;
  for (let retries = 0; ; retries += 1) {
    try {
      await injectIntoBatch(attempts);
      return await work();
    } catch (error) {
      if (attempts.signal.aborted || retries >= attempts.retriesMax || !isRetryable(error))
        throw error;
      org.log.warn({ jobId, err: error, retries }, 'bulk batch failed and is tried again');
      await attempts.retried();
    }
  }
}

/** What the admin API's rules say of the batch: refused, late, or stuck until the job is aborted. */
export async function injectIntoBatch({
  org,
  subject,
  signal,
}: Pick<Attempts, 'org' | 'subject' | 'signal'>): Promise<void> {
  const effect = org.injector.take({ point: 'batch', subject });
  if (effect?.kind === 'refuse') throw new BatchFailure(`${effect.errorCode} : ${effect.message}`);
  if (effect?.kind === 'delay') await org.clock.sleep(effect.ms, signal);
  if (effect?.kind === 'stuck') {
    while (!signal.aborted) await org.clock.sleep(INJECTED_DELAY_MS_MAX, signal);
  }
  signal.throwIfAborted();
}

const DEADLOCK = '40P01';

function isRetryable(error: unknown): boolean {
  if (error instanceof BatchFailure) return true;
  if (error instanceof SalesforceError) return false;
  const deadlock = error instanceof Error && 'code' in error && error.code === DEADLOCK;
  return deadlock || asDatabaseRefusal(error) !== undefined;
}
