import { describe, expect, test } from '@jest/globals';
import type { Ablation } from './shapes.ts';
import { simulate } from './simulate.ts';

/**
 * The laws of the sync engine, on thousands of random histories of a model world: two sides writing, crashes at every
 * await, lost answers, late visibility. More of them: LANDBRIDGE_LAW_SEEDS=300000. One again, with its story:
 * LANDBRIDGE_LAW_SEED=22917.
 */
const SEEDS = Number(process.env['LANDBRIDGE_LAW_SEEDS'] ?? 2_000);
const ONE_SEED = process.env['LANDBRIDGE_LAW_SEED'];
const FIRST_SEED = 1;

describe('the laws', () => {
  test(`hold in ${ONE_SEED === undefined ? `${SEEDS} histories` : `history ${ONE_SEED}`}`, async () => {
    const broken: string[] = [];
    const last = ONE_SEED === undefined ? FIRST_SEED + SEEDS - 1 : Number(ONE_SEED);
    let crashes = 0;
    for (let seed = ONE_SEED === undefined ? FIRST_SEED : last; seed <= last; seed += 1) {
      const outcome = await simulate(seed, { tracing: ONE_SEED !== undefined });
      crashes += outcome.crashes;
      if (outcome.violations.length === 0) continue;
      broken.push(`LANDBRIDGE_LAW_SEED=${seed}: ${outcome.violations[0]}`, ...outcome.notes);
    }
    expect(broken).toEqual([]);
    // A world in which nothing dies would prove nothing about dying.
    if (ONE_SEED === undefined) expect(crashes).toBeGreaterThan(SEEDS / 4);
  }, 3_600_000);
});

/** How many histories each mechanism's absence may survive, and the laws it breaks. */
const ABLATIONS: Readonly<Record<Ablation, { readonly within: number; readonly breaks: RegExp }>> =
  {
    base: { within: 40, breaks: /no flip-flop|nothing lost/ },
    fence: { within: 40, breaks: /no flip-flop|progress|nothing lost/ },
    ambiguity: { within: 40, breaks: /nothing twice|nothing lost/ },
    quarantine: { within: 100, breaks: /nothing twice|no flip-flop|nothing lost/ },
    identity: { within: 40, breaks: /nothing twice/ },
    lookBack: { within: 100, breaks: /converged/ },
    deletedList: { within: 100, breaks: /converged/ },
  };

describe('the laws notice', () => {
  for (const [name, { within, breaks }] of entries(ABLATIONS)) {
    test(`an engine without ${name}, within ${within} histories`, async () => {
      const noticed: string[] = [];
      for (let seed = FIRST_SEED; seed < FIRST_SEED + within && noticed.length === 0; seed += 1) {
        const { violations } = await simulate(seed, { without: name });
        noticed.push(...violations.filter((violation) => breaks.test(violation)));
      }
      expect(noticed[0]).toMatch(breaks);
    });
  }
});

test('a seed tells the same story twice', async () => {
  const [first, second] = [
    await simulate(7, { tracing: true }),
    await simulate(7, { tracing: true }),
  ];
  expect(first.notes.length).toBeGreaterThan(20);
  expect(second).toEqual(first);
});

function entries<Key extends string, Value>(
  table: Readonly<Record<Key, Value>>,
): readonly (readonly [Key, Value])[] {
  const keys: Key[] = [];
  for (const key in table) keys.push(key);
  return keys.map((key) => [key, table[key]]);
}
