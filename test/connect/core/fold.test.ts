import { describe, expect, test } from '@jest/globals';
import { fold } from '../../../connect/core/fold.ts';
import type { LogEntry } from '../../../connect/core/row.ts';
import { DELETE, INSERT, PLAN, rowState, UPDATE } from './row-states.ts';

const ORDERED = { ...PLAN, writes: 'ordered' as const };
const PHONE: LogEntry = {
  ...UPDATE,
  id: 13,
  old: { key__c: 'k', lastname: 'Byron', phone: '1' },
  values: { phone: '2' },
};
const NEVER_SENT = { row: { sfid: null, values: { key__c: 'k', lastname: 'Ada', phone: null } } };

describe('merged writes', () => {
  test('condense a record’s changes into one write with the oldest base of each field', () => {
    const again: LogEntry = {
      ...UPDATE,
      id: 14,
      old: { lastname: 'Byron' },
      values: { lastname: 'King' },
    };
    const { write, quiet } = fold(PLAN, rowState({ pending: [UPDATE, PHONE, again] }));
    expect(write).toMatchObject({
      op: 'update',
      values: { lastname: 'King', phone: '2' },
      bases: { lastname: 'Ada', phone: '1' },
      entries: [11, 13, 14],
    });
    expect(quiet).toEqual([]);
  });

  test('send nothing for a change that was taken back', () => {
    const back: LogEntry = {
      ...UPDATE,
      id: 14,
      old: { lastname: 'Byron' },
      values: { lastname: 'Ada' },
    };
    expect(fold(PLAN, rowState({ pending: [UPDATE, back] }))).toEqual({
      write: null,
      quiet: [{ ids: [11, 14], state: 'IGNORED', message: 'nothing to write' }],
    });
  });

  test('let a delete stand for the changes before it', () => {
    const { write, quiet } = fold(PLAN, rowState({ row: null, pending: [UPDATE, DELETE] }));
    expect(write).toMatchObject({ op: 'delete', sfid: '003A', entries: [12] });
    expect(quiet).toEqual([{ ids: [11], state: 'MERGED', message: null }]);
  });
});

describe('ordered writes', () => {
  test('send the oldest change first, alone', () => {
    expect(fold(ORDERED, rowState({ pending: [UPDATE, PHONE] })).write).toMatchObject({
      values: { lastname: 'Byron' },
      entries: [11],
    });
  });

  test('send a change before the delete that follows it', () => {
    expect(fold(ORDERED, rowState({ row: null, pending: [UPDATE, DELETE] })).write).toMatchObject({
      op: 'update',
      entries: [11],
    });
  });
});

describe('a row Salesforce does not know', () => {
  test('is created by its external id, with its values that are not null', () => {
    expect(fold(PLAN, rowState({ ...NEVER_SENT, pending: [INSERT] })).write).toEqual({
      op: 'insert',
      sfid: null,
      key: 'k',
      values: { lastname: 'Ada' },
      bases: {},
      entries: [10],
    });
  });

  test.each([PLAN, ORDERED])('and is gone before it was sent is never sent ($writes)', (plan) => {
    const gone: LogEntry = { ...DELETE, sfid: null, state: 'IGNORE' };
    expect(fold(plan, rowState({ row: null, pending: [INSERT, gone] }))).toEqual({
      write: null,
      quiet: [{ ids: [10, 12], state: 'IGNORED', message: 'deleted before it reached Salesforce' }],
    });
  });

  test('is deleted there when its create was on the wire as it was deleted here', () => {
    const gone: LogEntry = { ...DELETE, sfid: null, state: 'IGNORE' };
    expect(
      fold(PLAN, rowState({ row: null, pending: [gone] }, { sfid: '003B' })).write,
    ).toMatchObject({
      op: 'delete',
      sfid: '003B',
    });
  });

  test('because its insert was refused is created whole by its next change', () => {
    const corrected: LogEntry = { ...PHONE, sfid: null };
    expect(fold(ORDERED, rowState({ ...NEVER_SENT, pending: [corrected] })).write).toMatchObject({
      op: 'insert',
      key: 'k',
      values: { lastname: 'Byron', phone: '2' },
    });
  });
});

test('what a person marked IGNORE is not sent, a delete no less', () => {
  const skipped: LogEntry = { ...DELETE, state: 'IGNORE' };
  expect(fold(PLAN, rowState({ row: null, pending: [skipped] }))).toEqual({
    write: null,
    quiet: [{ ids: [12], state: 'IGNORED', message: null }],
  });
});

test('a change captured by hand, whose base nobody knows, is sent whatever it says', () => {
  const redo: LogEntry = { ...UPDATE, old: null, values: { lastname: 'Ada' } };
  expect(fold(PLAN, rowState({ pending: [redo] })).write).toMatchObject({
    values: { lastname: 'Ada' },
    bases: {},
  });
});

test('a field that Salesforce’s change has replaced is not sent', () => {
  const both: LogEntry = { ...UPDATE, values: { lastname: 'Byron', phone: '2' } };
  const state = rowState({ pending: [both] }, { settled: { lastname: 11 } });
  expect(fold(PLAN, state).write?.values).toEqual({ phone: '2' });
});

test('fields that may not be written are not sent', () => {
  const plan = {
    ...PLAN,
    fields: PLAN.fields.map((field) => ({ ...field, updateable: field.column !== 'phone' })),
  };
  expect(fold(plan, rowState({ pending: [PHONE] })).write).toBeNull();
});
