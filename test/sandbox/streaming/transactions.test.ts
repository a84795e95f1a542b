import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { applyPatch } from 'diff';

import type { JournalEntry } from '../../../sandbox/records/events.ts';
import { Schema } from '../../../sandbox/schema/schema.ts';
import { STANDARD_OBJECTS } from '../../../sandbox/schema/standard.ts';
import { changeEvents, type NumberedEntry } from '../../../sandbox/streaming/change-event.ts';
import { TRANSACTION_CHANGES_MAX } from '../../../sandbox/streaming/limits.ts';
import { textDifference } from '../../../sandbox/streaming/text-difference.ts';
import { Transactions } from '../../../sandbox/streaming/transactions.ts';
import { EVENT_DEFINITION_ACTORS } from '../../../sandbox/streaming/deploy.ts';
import { findMembers } from '../../../sandbox/streaming/channel-store.ts';
import { startEventOrg } from './event-org.ts';

const NONE = { number: 100, transactionKey: '' };
let nextId = 0;

function entry(of: Partial<JournalEntry>): JournalEntry {
  nextId += 1;
  return {
    id: String(nextId),
    xid: '1',
    transaction_key: 'A',
    sequence_number: 1,
    entity: 'Contact',
    record_id: '003000000000001AAA',
    change_type: 'CREATE',
    changed_fields: [],
    record: {},
    previous: {},
    origin: '',
    user_id: '005000000000001AAA',
    changed_at: new Date('2026-11-21T09:00:00Z'),
    ...of,
  };
}

function shown(entries: readonly NumberedEntry[]): readonly string[] {
  return entries.map(
    ({ commitNumber, transaction_key, change_type, record_id }) =>
      `${commitNumber} ${transaction_key} ${change_type} ${record_id.slice(12, 15)}`,
  );
}

const update = (record: JournalEntry['record'], more: Partial<JournalEntry> = {}): JournalEntry =>
  entry({ change_type: 'UPDATE', changed_fields: Object.keys(record), record, ...more });

describe('transactions', () => {
  test('that ran side by side come one after the other, numbered in an order of commits', () => {
    const { entries, last } = new Transactions().read(
      [
        entry({ transaction_key: 'B', record_id: '003000000000001AAA' }),
        entry({ transaction_key: 'A', record_id: '003000000000002AAA' }),
        // B could change what A had only after A's commit.
        update({ LastName: 'x' }, { transaction_key: 'B', record_id: '003000000000002AAA' }),
      ],
      NONE,
    );
    expect(shown(entries)).toEqual(['101 A CREATE 002', '102 B CREATE 001', '102 B UPDATE 002']);
    expect(last).toEqual({ number: 102, transactionKey: 'B' });
  });

  test('that go on in the next batch keep their number', () => {
    const transactions = new Transactions();
    const { last } = transactions.read([entry({})], NONE);
    const next = transactions.read([entry({ record_id: '003000000000002AAA' })], last);
    expect(shown(next.entries)).toEqual(['101 A CREATE 002']);
  });

  test('have one event for a record they change more than once, with its last values', () => {
    const read = (...given: readonly JournalEntry[]) =>
      new Transactions().read(given, NONE).entries;
    expect(read(entry({ record: { LastName: 'a' } }), update({ LastName: 'b' }))).toMatchObject([
      { change_type: 'CREATE', record: { LastName: 'b' } },
    ]);
    expect(
      read(
        update({ LastName: 'b' }, { previous: { LastName: 'a' } }),
        update({ LastName: 'c', Phone: '1' }, { previous: { LastName: 'b', Phone: null } }),
      ),
    ).toMatchObject([
      {
        change_type: 'UPDATE',
        changed_fields: ['LastName', 'Phone'],
        record: { LastName: 'c', Phone: '1' },
        previous: { LastName: 'a', Phone: null },
      },
    ]);
    expect(read(entry({}), entry({ change_type: 'DELETE' }))).toEqual([]);
    expect(read(update({ Phone: '1' }), entry({ change_type: 'DELETE' }))).toMatchObject([
      { change_type: 'DELETE' },
    ]);
  });

  test('of more than 100,000 changes are told of by one overflow event for each object beyond them', () => {
    const schema = new Schema(STANDARD_OBJECTS);
    const ends = [-1, 0, 1, 2, 3].map((step) =>
      entry({
        sequence_number: TRANSACTION_CHANGES_MAX + step,
        record_id: `003${String(step + 5).padStart(12, '0')}AAA`,
        entity: step === 3 ? 'Lead' : 'Contact',
      }),
    );
    const { entries } = new Transactions().read(ends, NONE);
    const events = changeEvents(schema, entries).map(({ body }) => body['payload']);
    const header = (more: object) => ({ ChangeEventHeader: expect.objectContaining(more) });
    expect(events).toEqual([
      header({ changeType: 'CREATE' }),
      header({ changeType: 'CREATE' }),
      header({
        changeType: 'GAP_OVERFLOW',
        entityName: 'Contact',
        recordIds: ['000000000000000AAA'],
      }),
      header({ changeType: 'GAP_OVERFLOW', entityName: 'Lead' }),
    ]);
  });
});

test('an event of more than a megabyte is a gap event', () => {
  const schema = new Schema(STANDARD_OBJECTS);
  const { entries } = new Transactions().read(
    [entry({ record: { LastName: 'x', Description: 'é'.repeat(600_000) } })],
    NONE,
  );
  expect(changeEvents(schema, entries)[0]?.body['payload']).toEqual({
    ChangeEventHeader: expect.objectContaining({
      changeType: 'GAP_CREATE',
      recordIds: ['003000000000001AAA'],
    }),
  });
});

describe('a long text’s difference', () => {
  const lines = Array.from({ length: 60 }, (_, line) => `Line ${line} of something long to read`);

  test('makes the new text of the old one, whatever lines have changed', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.nat({ max: 59 }), { minLength: 1, maxLength: 10 }),
        (changed) => {
          const after = lines.map((line, at) => (changed.includes(at) ? `New ${at}` : line));
          const difference = textDifference(lines.join('\n'), after.join('\n'));
          expect(difference).toBeDefined();
          // What the patch program reads wants a name where ours has the hash.
          const patch = (difference ?? '').replace(/^--- \n\+\+\+ \w+/, '--- a\n+++ b');
          expect(applyPatch(lines.join('\n'), patch)).toBe(after.join('\n'));
        },
      ),
    );
  });

  test('is none of a short text, of one that changed much, and of one whose difference is longer', () => {
    expect(textDifference('a\nb', 'a\nc')).toBeUndefined();
    expect(
      textDifference(lines.join('\n'), lines.map((line) => `${line}!`).join('\n')),
    ).toBeUndefined();
    expect(textDifference('x', lines.join('\n'))).toBeUndefined();
  });
});

test('a package’s channel and its member are as if the Tooling API had made them', async () => {
  await using org = await startEventOrg();
  const client = await org.pool.connect();
  const write = { client, schema: org.parts.schema(), userId: '005', now: new Date() };
  const file = (type: string, fullName: string, content: string) => ({
    type,
    fullName,
    fileName: fullName,
    body: Buffer.from(
      `<?xml version="1.0"?><${type} xmlns="http://soap.sforce.com/2006/04/metadata">${content}</${type}>`,
    ),
  });
  const keep = async (type: string, name: string, content: string) =>
    EVENT_DEFINITION_ACTORS.get(type)?.keep(write, file(type, name, content));
  try {
    await keep(
      'PlatformEventChannel',
      'Sales__chn',
      '<channelType>data</channelType><label>Sales</label>',
    );
    const member = (filter: string) =>
      keep(
        'PlatformEventChannelMember',
        'Sales_chn_Contact',
        `<enrichedFields><name>Title</name></enrichedFields><eventChannel>Sales__chn</eventChannel>
         <filterExpression>${filter}</filterExpression><selectedEntity>ContactChangeEvent</selectedEntity>`,
      );
    await member("Title = 'CEO'");
    await member("Title = 'CFO'");
    expect(await findMembers(client, 'Sales__chn')).toMatchObject([
      {
        selectedEntity: 'ContactChangeEvent',
        filterExpression: "Title = 'CFO'",
        enrichedFields: ['Title'],
      },
    ]);
    await expect(member('Nothing = 1')).rejects.toThrow('Invalid field: Nothing');
  } finally {
    client.release();
  }
});
