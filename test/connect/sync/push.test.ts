import { expect, test } from '@jest/globals';
import { Push } from '../../../connect/sync/push.ts';
import { all, claims, fakeSync, sendOf } from './fakes.ts';

const NEVER = new AbortController().signal;
const HOOKS = { onSettled: () => undefined, onLost: () => undefined };

test('several requests are on the wire at once, and no more than allowed', async () => {
  const answers: (() => void)[] = [];
  let most = 0;
  const { sync, stepped } = fakeSync({
    store: { claim: claims([sendOf(1), sendOf(2)], [sendOf(3), sendOf(4)], [sendOf(5)]) },
    org: {
      write: async (_, sends) => {
        most = Math.max(most, push.sending + 1);
        await new Promise<void>((answer) => answers.push(answer));
        return sends.map(({ sfid }) => ({ kind: 'accepted', sfid: sfid ?? '' }));
      },
    },
  });
  const push = new Push(sync, HOOKS);
  const turn = push.turn(NEVER);
  while (stepped.length < 5) {
    await new Promise(setImmediate);
    answers.shift()?.();
  }
  await turn;
  expect(most).toBe(2);
  expect(stepped.map(({ recordId }) => recordId)).toEqual([1, 2, 3, 4, 5]);
});

test('while the org is away it is asked ever more rarely, and the first answer ends that', async () => {
  const now = { ms: 0 };
  let write = all('unsent');
  const { sync } = fakeSync({
    now,
    store: { claim: async () => ({ sends: [sendOf(1, now.ms)], rows: 1, nextDueAt: null }) },
    org: { write: async (plan, sends) => write(plan, sends) },
  });
  const push = new Push(sync, HOOKS);
  const rests: number[] = [];
  for (let turn = 0; turn < 5; turn += 1) {
    await push.turn(NEVER);
    await new Promise(setImmediate);
    const rest = await push.turn(NEVER);
    rests.push(rest);
    now.ms += rest;
  }
  expect(rests).toEqual([100, 200, 400, 800, 1_000]);
  write = async (_, sends) => sends.map(({ sfid }) => ({ kind: 'accepted', sfid: sfid ?? '' }));
  await push.turn(NEVER);
  await new Promise(setImmediate);
  expect(await push.turn(NEVER)).toBe(10_000);
});

test('an answer is kept until the database takes it', async () => {
  let refusals = 3;
  const { sync, stepped } = fakeSync({
    store: {
      claim: claims([sendOf(1)]),
      step: async (_, steps) => {
        refusals -= 1;
        if (refusals > 0) throw new Error('the database is restarting');
        stepped.push(...steps);
        return [];
      },
    },
    org: { write: async () => [{ kind: 'accepted', sfid: '0031' }] },
  });
  const push = new Push(sync, HOOKS);
  await push.turn(NEVER);
  while (push.sending > 0) await new Promise(setImmediate);
  expect(stepped).toEqual([
    { recordId: 1, event: { kind: 'accepted', attempt: 10, sfid: '0031' } },
  ]);
});

test('what was claimed too long ago is not sent, so that no write outlives its quarantine', async () => {
  const { sync, stepped } = fakeSync({
    now: { ms: 5_001 },
    store: { claim: claims([sendOf(1, 0)]) },
  });
  const push = new Push(sync, HOOKS);
  await push.turn(NEVER);
  await push.drain(1_000);
  expect(stepped.map(({ event }) => event.kind)).toEqual(['unsent']);
});

test('an org that throws, or answers for fewer records than were sent, has lost the answers', async () => {
  const { sync, stepped } = fakeSync({
    store: { claim: claims([sendOf(1), sendOf(2)]) },
    org: { write: async () => [{ kind: 'accepted', sfid: '0031' }] },
  });
  let lost = 0;
  const push = new Push(sync, { ...HOOKS, onLost: () => (lost += 1) });
  await push.turn(NEVER);
  await push.drain(1_000);
  expect(stepped.map(({ event }) => event.kind)).toEqual(['accepted', 'answerLost']);
});

test('intents of a claim whose commit was not confirmed are recovered before the next claim', async () => {
  const calls: string[] = [];
  const { sync } = fakeSync({
    store: {
      claim: async () => {
        calls.push('claim');
        if (calls.length === 1) throw new Error('connection reset');
        return { sends: [], rows: 0, nextDueAt: null };
      },
      recover: async () => {
        calls.push('recover');
        return 2;
      },
    },
  });
  let lost = 0;
  const push = new Push(sync, { ...HOOKS, onLost: () => (lost += 1) });
  await expect(push.turn(NEVER)).rejects.toThrow('connection reset');
  await push.turn(NEVER);
  expect(calls).toEqual(['claim', 'recover', 'claim']);
  expect(lost).toBe(1);
});

test('where the day’s calls run short, writes wait and share a request', async () => {
  const now = { ms: 1_000 };
  const { sync } = fakeSync({
    now,
    lingerMs: 3_000,
    store: { claim: claims([sendOf(1, 1_000)], [], [sendOf(2, 4_000)]) },
    org: {
      write: async (_, sends) => sends.map(({ sfid }) => ({ kind: 'accepted', sfid: sfid ?? '' })),
    },
  });
  const push = new Push(sync, HOOKS);
  await push.turn(NEVER);
  while (push.sending > 0) await new Promise(setImmediate);
  now.ms += 1_000;
  expect(await push.turn(NEVER)).toBe(2_000);
});
