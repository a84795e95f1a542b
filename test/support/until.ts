import { setTimeout as delay } from 'node:timers/promises';

export interface UntilOptions {
  /** What is waited for, for the message when it does not come. */
  readonly what: string;
  readonly timeoutMs?: number;
  readonly everyMs?: number;
}

/** Asks again and again until `look` gives a value; fails with what was waited for when it never does. */
export async function until<T>(
  look: () => T | undefined | Promise<T | undefined>,
  { what, timeoutMs = 15_000, everyMs = 20 }: UntilOptions,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const found = await look();
      if (found !== undefined) return found;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) {
      throw new Error(`waited ${timeoutMs} ms for ${what}`, { cause: last });
    }
    await delay(everyMs);
  }
}
