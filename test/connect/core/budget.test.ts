import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { callsLeft, lingerMs, refillsAt, spend, UNSPENT } from '../../../connect/core/budget.ts';

const DAY_MS = 86_400_000;

test('never more calls in any day than allowed', () => {
  const pauses = fc.array(fc.integer({ min: 0, max: 6 * 3_600_000 }), {
    minLength: 50,
    maxLength: 300,
  });
  fc.assert(
    fc.property(pauses, fc.integer({ min: 1, max: 20 }), (gaps, callsMax) => {
      let now = 1_700_000_000_000;
      let budget = UNSPENT;
      const calls: number[] = [];
      for (const gap of gaps) {
        now += gap;
        if (callsLeft(budget, callsMax, now) === 0) continue;
        budget = spend(budget, 1, now);
        calls.push(now);
      }
      for (const start of calls) {
        const inDay = calls.filter((at) => at >= start && at < start + DAY_MS);
        expect(inDay.length).toBeLessThanOrEqual(callsMax);
      }
    }),
  );
});

test('what was spent is given back when it says', () => {
  const now = 1_700_000_000_000;
  const budget = spend(UNSPENT, 5, now);
  const again = refillsAt(budget, now);
  expect(callsLeft(budget, 5, again - 1)).toBe(0);
  expect(callsLeft(budget, 5, again)).toBe(5);
  expect(again - now).toBeLessThanOrEqual(DAY_MS + 3_600_000);
});

test('what is long past is forgotten', () => {
  const old = spend(UNSPENT, 5, 0);
  expect(Object.keys(spend(old, 1, 10 * DAY_MS).hours)).toHaveLength(1);
});

test('requests are spread over the day once half of its calls are spent', () => {
  const now = 1_700_000_000_000;
  expect(lingerMs(spend(UNSPENT, 49, now), 100, now)).toBe(0);
  expect(lingerMs(spend(UNSPENT, 50, now), 100, now)).toBe(DAY_MS / 50);
  expect(lingerMs(spend(UNSPENT, 90, now), 100, now)).toBe(DAY_MS / 10);
});
