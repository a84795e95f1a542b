import type { Clock } from '../../src/kit/clock.ts';
import { callsLeft, lingerMs, refillsAt, spend, UNSPENT } from '../core/budget.ts';
import { fault } from '../faults.ts';
import { BUDGET_SHARE_OF_WRITES } from '../limits.ts';
import type { Org } from '../ports.ts';

interface BudgetOptions {
  readonly clock: Clock;
  /** `sf_max_daily_api_calls` of the mapping. */
  readonly callsPerDayMax: number;
  /** Names the mapping in what it says. */
  readonly object: string;
}

/**
 * An org that is asked no more than so often a day. Reads stop a little earlier than writes: late news from Salesforce
 * can be caught up with by reading once, while a queue of the application's writes grows with every one of them.
 *
 * Counted in memory: a process that starts anew starts counting anew.
 */
export function budgetedOrg(
  org: Org,
  { clock, callsPerDayMax, object }: BudgetOptions,
): Org & { readonly lingerMs: () => number } {
  let budget = UNSPENT;
  const reserve = Math.floor(callsPerDayMax * BUDGET_SHARE_OF_WRITES);
  const isSpent = (keep: number): boolean => callsLeft(budget, callsPerDayMax, clock.now()) <= keep;
  const sentence = (): string => {
    const again = new Date(refillsAt(budget, clock.now())).toISOString();
    return `${object} has used its ${callsPerDayMax} calls of the day; more are allowed from ${again}. Raise sf_max_daily_api_calls of the mapping if the org can bear it.`;
  };
  const read = async <T>(ask: () => Promise<T>): Promise<T> => {
    if (isSpent(reserve)) throw fault('CALL_BUDGET_SPENT', sentence());
    budget = spend(budget, 1, clock.now());
    return ask();
  };
  return {
    changesSince: async (...asked) => read(async () => org.changesSince(...asked)),
    readBack: async (...asked) => read(async () => org.readBack(...asked)),
    createdBySelf: async (...asked) => read(async () => org.createdBySelf(...asked)),
    deletedSince: async (...asked) => read(async () => org.deletedSince(...asked)),
    createQueryJob: async (...asked) => read(async () => org.createQueryJob(...asked)),
    queryJobState: async (...asked) => read(async () => org.queryJobState(...asked)),
    queryJobPage: async (...asked) => read(async () => org.queryJobPage(...asked)),
    async write(plan, sends, signal) {
      if (isSpent(0)) return sends.map(() => ({ kind: 'unsent', reason: sentence() }));
      budget = spend(budget, 1, clock.now());
      return org.write(plan, sends, signal);
    },
    usage: () => org.usage(),
    lingerMs: () => lingerMs(budget, callsPerDayMax, clock.now()),
  };
}
