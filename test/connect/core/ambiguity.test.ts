import { describe, expect, test } from '@jest/globals';
import { decideLost } from '../../../connect/core/ambiguity.ts';
import type { OrgRecord, Sent, Values } from '../../../connect/core/row.ts';
import { PLAN, SENT } from './row-states.ts';

const live = (values: Values, createdAt?: number): OrgRecord => ({
  sfid: '003A',
  deleted: false,
  values,
  createdAt,
});
const deleted = (values: Values | null, createdAt?: number): OrgRecord => ({
  sfid: '003A',
  deleted: true,
  values,
  createdAt,
});
const both: Sent = {
  ...SENT,
  values: { lastname: 'Byron', phone: '2' },
  bases: { lastname: 'Ada', phone: '1' },
};
const insert: Sent = { ...SENT, op: 'insert', key: 'k', values: { lastname: 'Byron' }, bases: {} };
const remove: Sent = { ...SENT, op: 'delete', values: {}, bases: {} };

const decide = (sent: Sent, found: OrgRecord | null) =>
  [false, true].map((final) => decideLost(PLAN, { sent, found, final, clockSkewMs: 1_000 }));

describe('an update without answer, read back before and after Salesforce’s last chance to apply it', () => {
  test.each([
    ['all of ours', live({ lastname: 'Byron', phone: '2' }), ['applied', 'applied']],
    [
      'one field of ours, one of someone else’s',
      live({ lastname: 'Byron', phone: '9' }),
      ['applied', 'applied'],
    ],
    ['what was there before', live({ lastname: 'Ada', phone: '1' }), ['open', 'not applied']],
    ['before and someone else’s', live({ lastname: 'Ada', phone: '9' }), ['open', 'not applied']],
    ['only someone else’s', live({ lastname: 'King', phone: '9' }), ['open', 'overwritten']],
    ['nothing', null, ['gone', 'gone']],
  ])('showing %s', (_, found, verdicts) => {
    expect(decide(both, found)).toEqual(verdicts);
  });
});

describe('a create without answer', () => {
  test.each([
    ['nothing', null, ['open', 'not applied']],
    ['ours', live({ lastname: 'Byron' }), ['applied', 'applied']],
    [
      'a record made since, changed by someone',
      live({ lastname: 'King' }, SENT.at),
      ['applied', 'applied'],
    ],
    ['an older record of the same key', live({ lastname: 'King' }, 0), ['open', 'overwritten']],
    ['ours, deleted', deleted({ lastname: 'Byron' }), ['applied', 'applied']],
    [
      'one made since, changed and deleted',
      deleted({ lastname: 'King' }, SENT.at),
      ['applied', 'applied'],
    ],
    [
      'an older deleted record of the same key',
      deleted({ lastname: 'King' }, 0),
      ['open', 'not applied'],
    ],
  ])('showing %s', (_, found, verdicts) => {
    expect(decide(insert, found)).toEqual(verdicts);
  });
});

test('a delete without answer is decided by whether the record lives', () => {
  expect(decide(remove, null)).toEqual(['applied', 'applied']);
  expect(decide(remove, deleted(null))).toEqual(['applied', 'applied']);
  expect(decide(remove, live({}))).toEqual(['open', 'not applied']);
});
