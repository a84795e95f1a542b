import { describe, expect, test } from '@jest/globals';
import type { Cursor } from '../../../connect/core/cursor.ts';
import type { ChangeWindow, OrgPage, StepOptions } from '../../../connect/ports.ts';
import { Pull } from '../../../connect/sync/pull.ts';
import { EMPTY_PAGE, fakeSync, NOTHING_TO_READ } from './fakes.ts';

const NEVER = new AbortController().signal;
const END = { stamp: '2026-01-01T00:10:00.000+0000', id: '003B' };

function sweeping(cursor: Cursor, pages: readonly OrgPage[]) {
  const now = { ms: 1_000 };
  const windows: ChangeWindow[] = [];
  const cursors: StepOptions['cursor'][] = [];
  const left = [...pages];
  let kept = cursor;
  const { sync } = fakeSync({
    now,
    store: {
      readCursor: async () => kept,
      step: async (_, __, options) => {
        kept = options.cursor ?? kept;
        cursors.push(options.cursor);
        return [];
      },
    },
    org: {
      changesSince: async (_, window) => {
        windows.push(window);
        return left.shift() ?? EMPTY_PAGE;
      },
    },
  });
  return { pull: new Pull(sync), now, windows, cursors, cursor: () => kept };
}

describe('a sweep', () => {
  test('starts before the last one began, goes on by stamp and id, and ends at Salesforce’s clock of its first page', async () => {
    const world = sweeping({ asOf: '2026-01-01T00:10:00.000Z', sweep: null }, [
      { records: [], end: END, more: true, asOf: '2026-01-01T00:20:00.000Z' },
      { records: [], end: END, more: false, asOf: '2026-01-01T00:20:09.000Z' },
    ]);
    expect(await world.pull.turn(NEVER)).toBe(0);
    expect(world.cursor().sweep).toEqual({
      since: '2026-01-01T00:05:00.000Z',
      asOf: '2026-01-01T00:20:00.000Z',
      after: END,
    });
    expect(await world.pull.turn(NEVER)).toBe(10_000);
    expect(world.windows).toEqual([
      { since: '2026-01-01T00:05:00.000Z', after: null, max: 2 },
      { since: '2026-01-01T00:05:00.000Z', after: END, max: 2 },
    ]);
    expect(world.cursor()).toEqual({ asOf: '2026-01-01T00:20:00.000Z', sweep: null });
  });

  test('that a dead process left half done is taken up where it was', async () => {
    const sweep = {
      since: '2026-01-01T00:00:00.000Z',
      asOf: '2026-01-01T00:09:00.000Z',
      after: END,
    };
    const world = sweeping({ asOf: null, sweep }, []);
    await world.pull.turn(NEVER);
    expect(world.windows).toEqual([{ since: sweep.since, after: END, max: 2 }]);
    expect(world.cursor().asOf).toBe('2026-01-01T00:09:00.000Z');
  });

  test('waits for its time unless a hint comes, and a hint that comes during it is for the next', async () => {
    const world = sweeping({ asOf: null, sweep: null }, []);
    await world.pull.turn(NEVER);
    expect(await world.pull.turn(NEVER)).toBe(10_000);
    expect(world.windows).toHaveLength(1);
    world.pull.hint();
    await world.pull.turn(NEVER);
    expect(world.windows).toHaveLength(2);
  });
});

test('the cursor never goes back, though Salesforce’s clock should', async () => {
  const world = sweeping({ asOf: '2026-01-01T01:00:00.000Z', sweep: null }, [EMPTY_PAGE]);
  await world.pull.turn(NEVER);
  expect(world.cursor().asOf).toBe('2026-01-01T01:00:00.000Z');
});

test('a record that cannot be taken in yet is asked for ever more rarely', async () => {
  const now = { ms: 0 };
  const asked: number[] = [];
  const { sync } = fakeSync({
    now,
    store: { toRead: async () => ({ ...NOTHING_TO_READ, sfids: ['003A'] }) },
    org: {
      readBack: async () => {
        asked.push(now.ms);
        return [];
      },
    },
  });
  const pull = new Pull(sync);
  while (now.ms < 20_000) now.ms += await pull.turn(NEVER);
  expect(asked).toEqual([0, 1_000, 3_000, 7_000, 15_000]);
});

test('a read-back that fails leaves the writes ambiguous and puts them off', async () => {
  const { sync, stepped } = fakeSync({
    store: {
      toRead: async () => ({
        ...NOTHING_TO_READ,
        ambiguous: [{ recordId: 7, sfid: '003A', key: null, at: 0 }],
      }),
    },
    org: {
      readBack: async () => {
        throw new Error('502');
      },
    },
  });
  await expect(new Pull(sync).turn(NEVER)).rejects.toThrow('502');
  expect(stepped).toEqual([{ recordId: 7, event: { kind: 'readBackFailed' } }]);
});
