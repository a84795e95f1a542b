import { setTimeout as delay } from 'node:timers/promises';

/** Time as a port: tests and the simulator bring their own. Nothing outside this file sets a timer. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Resolves after `ms`, or at once when `signal` is aborted. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  async sleep(ms, signal) {
    if (signal?.aborted === true) return;
    try {
      await delay(ms, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      if (!(Error.isError(error) && error.name === 'AbortError')) throw error;
    }
  },
};
