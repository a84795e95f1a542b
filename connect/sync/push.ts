import { unreachable } from '../../src/kit/assert.ts';
import { backoffMs } from '../../src/kit/backoff.ts';
import { messageOf } from '../../src/kit/fault.ts';
import { batches } from '../core/batches.ts';
import { classify } from '../core/outcome.ts';
import type { RowEvent, Send } from '../core/step-types.ts';
import type { AddressedEvent, Claimed, WriteOutcome } from '../ports.ts';
import type { Sync } from './sync.ts';

/**
 * The app's writes on their way to Salesforce. One push of a row is three steps, each its own transaction or request:
 *
 * 1. claim: the row's entries become PENDING and the intent is remembered, committed before anything is sent;
 * 2. send: several requests at once, never two of one row, since a claim passes over rows whose write is open;
 * 3. settle: sfid, states, archive and the end of the intent in one transaction.
 *
 * Killed before 1 commits: nothing happened. Between 1 and 3: `recover` finds the intent and the write counts as one
 * whose answer was lost. After 3: done. There is no fourth place.
 */
export class Push {
  readonly #sync: Sync;
  readonly #hooks: PushHooks;
  readonly #sends = new Set<Promise<void>>();
  readonly #abandon = new AbortController();
  #isInDoubt = false;
  #failures = 0;
  #pausedUntil = 0;
  #sentAt = -Infinity;

  constructor(sync: Sync, hooks: PushHooks) {
    this.#sync = sync;
    this.#hooks = hooks;
  }

  get sending(): number {
    return this.#sends.size;
  }

  /** Claims and sends until nothing is left to claim. Resolves to the time to rest; requests may still be on the wire. */
  async turn(signal: AbortSignal): Promise<number> {
    const { clock, bounds } = this.#sync;
    while (!signal.aborted) {
      const now = clock.now();
      const allowedAt = Math.max(this.#pausedUntil, this.#sentAt + this.#sync.lingerMs());
      if (allowedAt > now) return allowedAt - now;
      if (this.#sends.size >= bounds.sendsAtOnceMax) {
        await Promise.race(this.#sends);
        continue;
      }
      const claimed = await this.#claim(now);
      for (const batch of batches(claimed.sends, bounds.sendRecordsMax)) this.#start(batch);
      if (claimed.rows >= bounds.claimRowsMax) continue;
      const due = claimed.nextDueAt === null ? bounds.sweepLogMs : claimed.nextDueAt - clock.now();
      return Math.max(1, Math.min(bounds.sweepLogMs, due));
    }
    return 0;
  }

  /** Lets requests on the wire end, for at most `graceMs`. What is then still open is recovered at the next start. */
  async drain(graceMs: number): Promise<void> {
    await Promise.race([
      Promise.all(this.#sends),
      this.#sync.clock.sleep(graceMs, this.#abandon.signal),
    ]);
    this.#abandon.abort();
    await Promise.all(this.#sends);
  }

  /**
   * A claim whose commit was not confirmed may have left intents that nobody will send. They are treated as after a
   * crash, once our own requests have ended and cannot be taken for them.
   */
  async #claim(now: number): Promise<Claimed> {
    const { plan, store, bounds } = this.#sync;
    const options = { now, limits: bounds.step };
    if (this.#isInDoubt) {
      await Promise.all(this.#sends);
      const recovered = await store.recover(plan, options);
      this.#isInDoubt = false;
      if (recovered > 0) this.#hooks.onLost();
    }
    try {
      return await store.claim(plan, { ...options, rowsMax: bounds.claimRowsMax });
    } catch (error) {
      this.#isInDoubt = true;
      throw error;
    }
  }

  #start(batch: readonly Send[]): void {
    const send = this.#send(batch).finally(() => {
      this.#sends.delete(send);
      this.#hooks.onSettled();
    });
    this.#sends.add(send);
  }

  async #send(batch: readonly Send[]): Promise<void> {
    this.#sentAt = this.#sync.clock.now();
    this.#sync.report({ kind: 'pushing', records: batch.length });
    const outcomes = await this.#write(batch);
    const steps = batch.map(({ recordId, attempt }, at): AddressedEvent => {
      const event = eventOf(attempt, outcomes[at]);
      return { recordId, event };
    });
    this.#pace(batch, outcomes);
    await this.#settle(steps);
    this.#tell(outcomes);
  }

  async #write(batch: readonly Send[]): Promise<readonly WriteOutcome[]> {
    const { plan, org, clock, bounds } = this.#sync;
    // The quarantine of a lost write counts from its intent. A process that slept in between (a paused machine, a lease
    // that has passed to another) must not send so late that the write outlives its own quarantine.
    const oldest = Math.min(...batch.map(({ at }) => at));
    if (clock.now() - oldest > bounds.sendWithinMs) {
      return batch.map(() => ({
        kind: 'unsent',
        reason: 'claimed too long ago to be sent safely',
      }));
    }
    try {
      return await org.write(plan, batch, this.#abandon.signal);
    } catch (error) {
      return batch.map(() => ({ kind: 'lost', reason: messageOf(error) }));
    }
  }

  /** What is known of the outcome is kept in memory until the database takes it: a refused answer is no less an answer. */
  async #settle(steps: readonly AddressedEvent[]): Promise<void> {
    const { plan, store, clock, log, bounds } = this.#sync;
    const { retryFirstMs: firstMs, retryMaxMs: maxMs } = bounds.step;
    for (let attempt = 1; ; attempt += 1) {
      try {
        await store.step(plan, steps, { now: clock.now(), limits: bounds.step });
        return;
      } catch (error) {
        if (this.#abandon.signal.aborted) return;
        const delayMs = backoffMs(attempt, { firstMs, maxMs });
        log.warn(
          { mapping: plan.id, attempt, delayMs, err: error },
          'outcomes could not be settled yet',
        );
        await clock.sleep(delayMs, this.#abandon.signal);
      }
    }
  }

  /** When nothing of a request got through, the next one waits: an org that is away is not asked by every row in turn. */
  #pace(batch: readonly Send[], outcomes: readonly WriteOutcome[]): void {
    const { plan, clock, bounds } = this.#sync;
    const { retryFirstMs: firstMs, retryMaxMs: maxMs } = bounds.step;
    const away = batch.every(({ op }, at) => {
      const outcome = outcomes[at];
      if (outcome === undefined || outcome.kind === 'lost' || outcome.kind === 'unsent')
        return true;
      return outcome.kind === 'refused' && classify(plan, op, outcome.refusal) === 'later';
    });
    this.#failures = away ? this.#failures + 1 : 0;
    this.#pausedUntil = away ? clock.now() + backoffMs(this.#failures, { firstMs, maxMs }) : 0;
  }

  #tell(outcomes: readonly WriteOutcome[]): void {
    const count = (kind: WriteOutcome['kind']): number =>
      outcomes.filter((outcome) => outcome.kind === kind).length;
    const lost = count('lost');
    this.#sync.report({
      kind: 'pushed',
      accepted: count('accepted'),
      refused: count('refused'),
      lost,
      unsent: count('unsent'),
    });
    if (lost > 0) this.#hooks.onLost();
  }
}

export interface PushHooks {
  /** A request has been settled: its rows may have more to send, and children may have waited for them. */
  readonly onSettled: () => void;
  /** Some answers were lost: the reader should look. */
  readonly onLost: () => void;
}

function eventOf(attempt: number, outcome: WriteOutcome | undefined): RowEvent {
  switch (outcome?.kind) {
    case 'accepted':
      return { kind: 'accepted', attempt, sfid: outcome.sfid };
    case 'refused':
      return { kind: 'refused', attempt, refusal: outcome.refusal };
    case 'unsent':
      return { kind: 'unsent', attempt, reason: outcome.reason };
    case 'lost':
    case undefined:
      return { kind: 'answerLost', attempt };
    default:
      return unreachable(outcome);
  }
}
