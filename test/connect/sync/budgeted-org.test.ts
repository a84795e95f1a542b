import { expect, test } from '@jest/globals';
import { budgetedOrg } from '../../../connect/sync/budgeted-org.ts';
import { PLAN } from '../core/row-states.ts';
import { fakeSync, sendOf } from './fakes.ts';

const NEVER = new AbortController().signal;
const WINDOW = { since: null, after: null, max: 1 };
const WANTED = { sfids: ['003A'], keys: [] };

test('reads stop before the day’s calls are used up, writes when they are, and both go on the next day', async () => {
  const now = { ms: 1_700_000_000_000 };
  let calls = 0;
  const { sync } = fakeSync({
    now,
    org: {
      changesSince: async () => {
        calls += 1;
        return { records: [], end: null, more: false, asOf: '' };
      },
      write: async (_, sends) => {
        calls += 1;
        return sends.map(({ sfid }) => ({ kind: 'accepted', sfid: sfid ?? '' }));
      },
    },
  });
  const org = budgetedOrg(sync.org, { clock: sync.clock, callsPerDayMax: 10, object: 'Contact' });
  for (let read = 0; read < 8; read += 1) await org.changesSince(PLAN, WINDOW, NEVER);
  await expect(org.changesSince(PLAN, WINDOW, NEVER)).rejects.toMatchObject({
    code: 'CALL_BUDGET_SPENT',
    retry: true,
  });
  await expect(org.readBack(PLAN, WANTED, NEVER)).rejects.toMatchObject({
    code: 'CALL_BUDGET_SPENT',
  });
  const kinds: string[] = [];
  for (let write = 0; write < 4; write += 1) {
    const [outcome] = await org.write(PLAN, [sendOf(1)], NEVER);
    kinds.push(outcome?.kind ?? '');
  }
  expect(kinds).toEqual(['accepted', 'accepted', 'unsent', 'unsent']);
  expect(calls).toBe(10);
  now.ms += 25 * 3_600_000;
  await org.changesSince(PLAN, WINDOW, NEVER);
  expect(calls).toBe(11);
});
