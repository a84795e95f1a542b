import { backoffMs, type BackoffLimits } from './backoff.ts';
import type { Clock } from './clock.ts';
import { messageOf } from './fault.ts';
import type { Log } from './log.ts';

export interface LoopOptions {
  readonly name: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly backoff: BackoffLimits;
  /**
   * One turn of the work. Resolves to the milliseconds to rest before the next turn: 0 = there is more to do now.
   * A throw is logged here and the turn is tried again after the backoff.
   */
  turn(signal: AbortSignal): Promise<number>;
}

/**
 * Work that goes on until told to stop, at its own pace. `wake` is a hint: it ends a rest early, or, during a turn,
 * makes the next rest be skipped, so no hint is lost between looking and resting.
 *
 * ```
 *            turn resolves n          n ms, wake(), or abort
 *   turning ────────────────► resting ──────────────────────► turning
 *      │  turn rejects                  backoff ms or wake()
 *      └──────────────────► failing  ────────────────────────► turning
 * ```
 */
export class Loop {
  readonly #options: LoopOptions;
  #hinted = false;
  #rest: AbortController | undefined;
  #failures = 0;

  constructor(options: LoopOptions) {
    this.#options = options;
  }

  /** Consecutive turns that failed; 0 when the last one went well. */
  get failures(): number {
    return this.#failures;
  }

  wake(): void {
    this.#hinted = true;
    this.#rest?.abort();
  }

  async run(signal: AbortSignal): Promise<void> {
    const { turn } = this.#options;
    while (!signal.aborted) {
      this.#hinted = false;
      let restMs: number;
      try {
        restMs = await turn(signal);
        this.#failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        restMs = this.#failed(error);
      }
      if (restMs > 0 && !signal.aborted) await this.#sleep(restMs, signal);
    }
  }

  #failed(error: unknown): number {
    const { name, log, backoff } = this.#options;
    this.#failures += 1;
    const delayMs = backoffMs(this.#failures, backoff);
    const fields = { loop: name, attempt: this.#failures, delayMs, err: error };
    // A short delay is the weather; once the delay has reached its cap a person should look.
    if (delayMs >= backoff.maxMs) log.error(fields, `turn failed: ${messageOf(error)}`);
    else log.warn(fields, `turn failed: ${messageOf(error)}`);
    return delayMs;
  }

  async #sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (this.#hinted) return;
    this.#rest = new AbortController();
    try {
      await this.#options.clock.sleep(ms, AbortSignal.any([signal, this.#rest.signal]));
    } finally {
      this.#rest = undefined;
    }
  }
}
