import { Loop } from '../../src/kit/loop.ts';
import * as limits from '../limits.ts';
import { budgetedOrg } from './budgeted-org.ts';
import { Pull } from './pull.ts';
import { Push } from './push.ts';
import type { Sync, SyncBounds } from './sync.ts';

export interface MappingSyncOptions extends Omit<Sync, 'bounds' | 'lingerMs'> {
  /** `sf_polling_seconds` of the mapping, in milliseconds. */
  readonly pollIntervalMs: number;
  /** How long the org may still apply a write whose client has gone; an org of one's own may promise less than Salesforce. */
  readonly serverAppliesWithinMs?: number | undefined;
  /** `sf_max_daily_api_calls` of the mapping; its default where absent. */
  readonly callsPerDayMax?: number | undefined;
  /** Called when a write was settled: other mappings' children may have waited for it. */
  readonly onSettled?: (() => void) | undefined;
}

/**
 * One mapping's life: recover what an earlier process left open, then read and write until told to stop.
 *
 * Reading and writing are two loops, so neither waits for the other; whoever supervises runs one of these per mapping,
 * so no mapping waits for another. Only one process at a time may run a mapping (a lease): `recover` takes what it
 * finds on the wire for dead.
 */
export class MappingSync {
  readonly #sync: Sync;
  readonly #push: Push;
  readonly #pull: Pull;
  readonly #pushLoop: Loop;
  readonly #pullLoop: Loop;

  constructor(options: MappingSyncOptions) {
    const { pollIntervalMs, serverAppliesWithinMs, onSettled, ...sync } = options;
    const { callsPerDayMax = limits.CALLS_PER_DAY_DEFAULT } = options;
    const { plan, clock } = sync;
    const org = budgetedOrg(sync.org, { clock, callsPerDayMax, object: plan.object });
    const { lingerMs } = org;
    this.#sync = {
      ...sync,
      org,
      lingerMs,
      bounds: boundsOf(pollIntervalMs, serverAppliesWithinMs),
    };
    this.#pull = new Pull(this.#sync);
    this.#push = new Push(this.#sync, {
      onSettled: () => {
        this.#pushLoop.wake();
        onSettled?.();
      },
      onLost: () => this.#pullLoop.wake(),
    });
    this.#pushLoop = this.#loop('push', async (signal) => this.#push.turn(signal));
    this.#pullLoop = this.#loop('read', async (signal) => this.#pull.turn(signal));
  }

  /** The trigger log has rows, or may have. */
  wakePush(): void {
    this.#pushLoop.wake();
  }

  /** Something changed in Salesforce, or may have. */
  wakePull(): void {
    this.#pull.hint();
    this.#pullLoop.wake();
  }

  /** Runs until `signal` is aborted and requests on the wire have ended or their grace is over. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#recover(signal);
    // Also where the mapping is read-only now: what was captured while it could write still goes.
    await Promise.all([this.#pullLoop.run(signal), this.#pushLoop.run(signal)]);
    await this.#push.drain(limits.PUSH_DRAIN_MS);
  }

  /** Nothing may be claimed before what was claimed is known. */
  async #recover(signal: AbortSignal): Promise<void> {
    const { plan, store, clock, bounds } = this.#sync;
    const once = new AbortController();
    const recovery = this.#loop('push', async () => {
      await store.recover(plan, { now: clock.now(), limits: bounds.step });
      once.abort();
      return 0;
    });
    await recovery.run(AbortSignal.any([signal, once.signal]));
  }

  #loop(name: 'push' | 'read', turn: (signal: AbortSignal) => Promise<number>): Loop {
    const { plan, clock, log, report } = this.#sync;
    return new Loop({
      name: `${name} ${plan.object}`,
      clock,
      log,
      backoff: { firstMs: limits.LOOP_BACKOFF_FIRST_MS, maxMs: limits.LOOP_BACKOFF_MAX_MS },
      turn: async (signal) => {
        try {
          return await turn(signal);
        } catch (error) {
          if (!signal.aborted) report({ kind: 'failed', loop: name, error });
          throw error;
        }
      },
    });
  }
}

function boundsOf(
  pollIntervalMs: number,
  serverAppliesWithinMs = limits.SERVER_APPLIES_WITHIN_MS,
): SyncBounds {
  return {
    step: {
      serverAppliesWithinMs,
      clockSkewMs: limits.INTENT_CLOCK_SKEW_MS,
      retryFirstMs: limits.RETRY_FIRST_MS,
      retryMaxMs: limits.RETRY_MAX_MS,
      recordRetriesMax: limits.RECORD_RETRIES_MAX,
    },
    claimRowsMax: limits.CLAIM_ROWS_MAX,
    sendRecordsMax: limits.SEND_RECORDS_MAX,
    sendsAtOnceMax: limits.SENDS_AT_ONCE_MAX,
    sendWithinMs: Math.min(limits.SEND_WITHIN_MS, serverAppliesWithinMs / 2),
    pageRecordsMax: limits.PAGE_RECORDS_MAX,
    readBackRecordsMax: limits.READ_BACK_RECORDS_MAX,
    lookBackMs: limits.LOOK_BACK_MS,
    pollIntervalMs,
    sweepLogMs: limits.SWEEP_LOG_MS,
    hintRestMs: limits.HINT_REST_MS,
    readAgainRestMs: limits.READ_AGAIN_REST_MS,
    jobPollMs: limits.JOB_POLL_MS,
    deletedListIntervalMs: limits.DELETED_LIST_INTERVAL_MS,
    deletedListFirstMs: limits.DELETED_LIST_FIRST_MS,
  };
}
