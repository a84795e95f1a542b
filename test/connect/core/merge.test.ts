import { describe, expect, test } from '@jest/globals';
import type { LogEntry, Values } from '../../../connect/core/row.ts';
import { step } from '../../../connect/core/step.ts';
import {
  applied,
  contextOf,
  KEYLESS,
  NOW,
  PLAN,
  rowState,
  SENT,
  STATES,
  UPDATE,
} from './row-states.ts';

const READ = { token: 60, startedAt: NOW - 1_000 };
const pulled = (values: Values) =>
  ({ kind: 'pulled', read: READ, record: { sfid: '003A', deleted: false, values } }) as const;
const CHANGED = STATES.changed;

function pull(values: Values, conflict: 'salesforce' | 'postgres' = 'salesforce', state = CHANGED) {
  const effects = step(contextOf({ ...PLAN, conflict }), state, pulled(values));
  const conflicts = effects.flatMap((effect) =>
    effect.kind === 'recordConflict' ? [effect.conflict] : [],
  );
  return { after: applied(state, effects), conflicts, effects };
}

describe('a row with a change that waits takes in what Salesforce shows', () => {
  test('of other fields, and keeps its own', () => {
    const { after, conflicts } = pull({ lastname: 'Ada', phone: '9' });
    expect(after.row?.values).toMatchObject({ lastname: 'Byron', phone: '9' });
    expect(after.pending).toHaveLength(1);
    expect(conflicts).toEqual([]);
  });

  test('of the same field, where the mapping’s rule is salesforce, and records what lost', () => {
    const { after, conflicts } = pull({ lastname: 'King' });
    expect(after.row?.values['lastname']).toBe('King');
    expect(after.pending).toEqual([]);
    expect(conflicts).toMatchObject([
      { column: 'lastname', mine: 'Byron', theirs: 'King', base: 'Ada', winner: 'salesforce' },
    ]);
  });

  test('not of the same field, where the rule is postgres, and records that once', () => {
    const { after, conflicts } = pull({ lastname: 'King' }, 'postgres');
    expect(after.row?.values['lastname']).toBe('Byron');
    expect(after.pending).toHaveLength(1);
    expect(conflicts).toMatchObject([{ mine: 'Byron', theirs: 'King', winner: 'postgres' }]);
    expect(pull({ lastname: 'King' }, 'postgres', after).conflicts).toEqual([]);
  });

  test('when both wrote the same, and has nothing left to send', () => {
    const { after, conflicts } = pull({ lastname: 'Byron' });
    expect(after.pending).toEqual([]);
    expect(conflicts).toEqual([]);
  });
});

test('a refused value stays until Salesforce’s own changes', () => {
  const { refused } = STATES;
  const same = pull({ lastname: 'Ada' }, 'salesforce', refused);
  expect(same.after.row?.values['lastname']).toBe('Byron');
  expect(same.effects).toMatchObject([
    { kind: 'setRow', status: { lastop: 'FAILED', err: refused.sync.refusal } },
  ]);
  const changed = pull({ lastname: 'King' }, 'salesforce', refused);
  expect(changed.after.row?.values['lastname']).toBe('King');
  expect(changed.effects[0]).toMatchObject({ status: { lastop: 'SYNCED', err: null } });
});

test('the correction of a refused value is no conflict with what Salesforce had all along', () => {
  const correction: LogEntry = {
    ...UPDATE,
    id: 20,
    old: { lastname: 'Byron' },
    values: { lastname: 'King' },
  };
  const corrected = { ...STATES.refused, pending: [correction] };
  const { after, conflicts } = pull({ lastname: 'Ada' }, 'salesforce', corrected);
  expect(after.pending).toEqual([correction]);
  expect(conflicts).toEqual([]);
});

test('a read that began before the row’s last write ended is dropped and repeated', () => {
  const written = rowState({}, { epoch: READ.token });
  expect(step(contextOf(), written, pulled({ lastname: 'King' }))).toEqual([
    { kind: 'readAgain', sfid: '003A' },
  ]);
});

test('a delete here wins over a change there, whose values the conflict log keeps', () => {
  const { after, conflicts } = pull({ lastname: 'King', phone: '1' }, 'salesforce', STATES.deleted);
  expect(after.row).toBeNull();
  expect(conflicts).toMatchObject([
    { kind: 'deleted', column: 'lastname', theirs: 'King', winner: 'postgres' },
  ]);
  expect(pull({ lastname: 'King', phone: '1' }, 'salesforce', after).conflicts).toEqual([]);
});

test('a delete there wins over a change here, whose values the conflict log keeps', () => {
  const record = { sfid: '003A', deleted: true, values: null } as const;
  const effects = step(contextOf(), CHANGED, { kind: 'pulled', read: READ, record });
  expect(applied(CHANGED, effects)).toMatchObject({ row: null, pending: [] });
  expect(effects).toContainEqual(
    expect.objectContaining({
      conflict: expect.objectContaining({ kind: 'deleted', image: CHANGED.row?.values }),
    }),
  );
});

describe('without external id', () => {
  const sent = {
    ...SENT,
    op: 'insert' as const,
    values: { lastname: 'Ada' },
    bases: {},
    ambiguous: true,
  };
  const open = rowState(
    { row: { sfid: null, values: { lastname: 'Ada', phone: null } }, pending: [] },
    { sent },
  );
  const record = (sfid: string, lastname: string) => ({
    sfid,
    deleted: false as const,
    values: { lastname },
    bySelf: true,
  });
  const search = (lastnames: readonly string[], startedAt: number) =>
    step(contextOf(KEYLESS), open, {
      kind: 'searched',
      candidates: lastnames.map((name, at) => record(`00${at}`, name)),
      read: { token: 60, startedAt },
    });

  test('the one record with equal values is the one that was created', () => {
    expect(applied(open, search(['King', 'Ada'], NOW)).row?.sfid).toBe('001');
  });

  test('no record at all, once none can come any more, means it is to be sent again', () => {
    expect(applied(open, search([], sent.quarantineUntil)).sync.sent).toBeNull();
    expect(applied(open, search([], sent.quarantineUntil - 1)).sync.sent).not.toBeNull();
  });

  test('two records with equal values are for a person to decide', () => {
    const after = applied(open, search(['Ada', 'Ada'], sent.quarantineUntil));
    expect(after.sync.parked).toMatch(/000, 001/);
  });

  test('an unknown record of our own user is not taken for a new one while a create is open', () => {
    const unknown = { ...STATES.unknown, openCreatesSince: sent.at };
    const event = { kind: 'pulled', read: READ, record: record('009', 'Ada') } as const;
    expect(step(contextOf(KEYLESS), unknown, event)).toEqual([{ kind: 'readAgain', sfid: '009' }]);
    expect(step(contextOf(KEYLESS), STATES.unknown, event)).toMatchObject([{ kind: 'insertRow' }]);
  });
});
