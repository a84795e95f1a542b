import { describe, expect, test } from '@jest/globals';

import type { Clock } from '../../src/kit/clock.ts';
import { silentLog } from '../../src/kit/log.ts';
import { Loop } from '../../src/kit/loop.ts';

function fakeClock(slept: number[]): Clock {
  return {
    now: () => 0,
    sleep: async (ms) => {
      slept.push(ms);
    },
  };
}

describe('a loop', () => {
  test('doubles its delay while turns fail, up to the cap, and starts again after a good turn', async () => {
    const slept: number[] = [];
    const stop = new AbortController();
    let turns = 0;
    const loop = new Loop({
      name: 'test',
      clock: fakeClock(slept),
      log: silentLog,
      backoff: { firstMs: 1_000, maxMs: 5_000 },
      turn: async () => {
        turns += 1;
        if (turns === 8) stop.abort();
        if (turns === 6) return 7;
        throw new Error('away');
      },
    });
    await loop.run(stop.signal);
    expect(slept).toEqual([1_000, 2_000, 4_000, 5_000, 5_000, 7, 1_000]);
  });

  test('loses no hint that comes while a turn is running', async () => {
    const slept: number[] = [];
    const stop = new AbortController();
    let turns = 0;
    const loop = new Loop({
      name: 'test',
      clock: fakeClock(slept),
      log: silentLog,
      backoff: { firstMs: 1, maxMs: 1 },
      turn: async () => {
        turns += 1;
        if (turns === 1) loop.wake();
        if (turns === 3) stop.abort();
        return 60_000;
      },
    });
    await loop.run(stop.signal);
    // The first turn was hinted while it ran, so there is no rest after it; there is one after the second.
    expect(slept).toEqual([60_000]);
    expect(turns).toBe(3);
  });

  test('a wake ends its rest', async () => {
    const stop = new AbortController();
    let turns = 0;
    const loop = new Loop({
      name: 'test',
      clock: {
        now: () => 0,
        sleep: (_, signal) =>
          new Promise((resolve) => {
            signal?.addEventListener('abort', () => {
              resolve();
            });
            loop.wake();
          }),
      },
      log: silentLog,
      backoff: { firstMs: 1, maxMs: 1 },
      turn: async () => {
        turns += 1;
        if (turns === 3) stop.abort();
        return 60_000;
      },
    });
    await loop.run(stop.signal);
    expect(turns).toBe(3);
  });
});
