import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { z } from 'zod';

import { writeJournal } from '../../../sandbox/records/events.ts';
import { until } from '../../support/until.ts';
import { Bayeux } from './bayeux.ts';
import { ADMIN, CONTACT_CREATED, startEventOrg, TOKEN, type EventOrg } from './event-org.ts';

const Message = z.object({
  schema: z.string(),
  payload: z.looseObject({
    ChangeEventHeader: z.looseObject({ recordIds: z.array(z.string()), changeType: z.string() }),
  }),
  event: z.looseObject({ replayId: z.number() }),
});

let org: EventOrg;
beforeEach(async () => {
  org = await startEventOrg();
});
afterEach(async () => {
  await org[Symbol.asyncDispose]();
});

describe('Change Data Capture', () => {
  test('tells of a created record once, after its delay, with header and compound fields', async () => {
    org.settings.eventDelay = { minMs: 300, maxMs: 300 };
    const client = await connected();
    await client.subscribe('/data/ContactChangeEvent');
    const committed = Date.now();
    await org.change({});
    const [event, ...others] = await client.poll();
    expect(Date.now() - committed).toBeGreaterThanOrEqual(299);
    expect(others).toEqual([]);
    expect(event).toMatchObject({
      payload: {
        Name: { FirstName: 'Ada', LastName: 'Lovelace' },
        MailingAddress: { City: 'London' },
        Email: 'ada@landbridge.example',
        CreatedDate: '2026-11-21T09:00:00.000Z',
        ChangeEventHeader: {
          entityName: 'Contact',
          recordIds: ['003000000000001AAA'],
          changeType: 'CREATE',
          changeOrigin: 'com/salesforce/api/rest/60.0;client=Test',
          sequenceNumber: 1,
          commitUser: ADMIN,
          changedFields: [],
          nulledFields: [],
        },
      },
    });
    expect(Message.parse(event).payload).not.toHaveProperty('SystemModstamp');
    expect(Message.parse(event).payload).not.toHaveProperty('MailingCity');
  });

  test('an update carries what changed, what was emptied is named, and equal changes of one transaction are one event', async () => {
    const client = await connected();
    await client.subscribe('/data/ChangeEvents');
    const update = {
      change_type: 'UPDATE' as const,
      changed_fields: ['FirstName', 'Email', 'MailingCity', 'LastModifiedDate'],
      record: {
        FirstName: 'Augusta',
        Email: null,
        MailingCity: null,
        LastModifiedDate: '2026-11-21T09:01:00.000+0000',
      },
    };
    await org.change(
      { ...update, record_id: '003000000000001AAA' },
      { ...update, record_id: '003000000000002AAA' },
    );
    const [event, ...others] = await client.poll();
    expect(others).toEqual([]);
    expect(Message.parse(event).payload).toEqual({
      Name: { FirstName: 'Augusta' },
      Email: null,
      MailingAddress: { City: null },
      LastModifiedDate: '2026-11-21T09:01:00.000Z',
      ChangeEventHeader: expect.objectContaining({
        recordIds: ['003000000000001AAA', '003000000000002AAA'],
        changeType: 'UPDATE',
        changedFields: ['Name.FirstName', 'MailingAddress.City', 'Email', 'LastModifiedDate'],
        nulledFields: ['MailingAddress.City', 'Email'],
      }),
    });
  });

  test('replay −2 gives all that is kept, N what came after N, −1 only what is to come; nothing twice', async () => {
    for (let number = 1; number <= 5; number += 1)
      await org.change({ record_id: recordId(number) });
    const first = await connected();
    await first.subscribe('/data/ContactChangeEvent', -2);
    const all = await pollFor(first, 5);
    expect(all.map(idOf)).toEqual([1, 2, 3, 4, 5].map(recordId));

    const second = await connected();
    await second.subscribe('/data/ContactChangeEvent', all[1]?.event.replayId);
    expect((await pollFor(second, 3)).map(idOf)).toEqual([3, 4, 5].map(recordId));

    const third = await connected();
    await third.subscribe('/data/ContactChangeEvent', -1);
    await org.change({ record_id: recordId(6) });
    expect((await pollFor(third, 1)).map(idOf)).toEqual([recordId(6)]);
  });

  test('more events than a client may have waiting all arrive, in order', async () => {
    const client = await connected();
    await client.subscribe('/data/ContactChangeEvent', -2);
    await org.change(
      ...Array.from({ length: 1_700 }, (_, number) => ({ record_id: recordId(number) })),
    );
    const events = await pollFor(client, 1_700);
    expect(events.map(idOf)).toEqual(
      Array.from({ length: 1_700 }, (_, number) => recordId(number)),
    );
    expect(events.map(({ event }) => event.replayId)).toEqual(
      events.map(({ event }) => event.replayId).toSorted((a, b) => a - b),
    );
  });

  test('a transaction that commits late is told of late, and not passed over', async () => {
    const client = await connected();
    await client.subscribe('/data/ContactChangeEvent');
    const slow = new pg.Client(org.databaseUrl);
    await slow.connect();
    try {
      await slow.query('begin');
      await writeJournal(
        slow,
        { transactionKey: 'slow', origin: '', userId: ADMIN, now: new Date(), written: 0 },
        [{ ...CONTACT_CREATED, record_id: recordId(1) }],
      );
      await org.change({ record_id: recordId(2) });
      expect((await pollFor(client, 1)).map(idOf)).toEqual([recordId(2)]);
      await slow.query('commit');
      expect((await pollFor(client, 1)).map(idOf)).toEqual([recordId(1)]);
    } finally {
      await slow.end();
    }
  });

  test('injected faults lose, repeat and hold back events', async () => {
    const client = await connected();
    await client.subscribe('/data/ContactChangeEvent');
    const rule = {
      point: 'event',
      subject: 'ContactChangeEvent',
      count: 1,
      probability: 1,
      seed: 1,
    } as const;
    org.parts.injector.add({ ...rule, skip: 0, effect: { kind: 'drop' } });
    org.parts.injector.add({ ...rule, skip: 0, effect: { kind: 'duplicate' } });
    org.parts.injector.add({ ...rule, skip: 0, effect: { kind: 'delay', ms: 60_000 } });
    await org.change(...[1, 2, 3, 4].map((number) => ({ record_id: recordId(number) })));
    expect((await pollFor(client, 3)).map(idOf)).toEqual([2, 2, 4].map(recordId));
    org.advance(60_000);
    expect((await pollFor(client, 1)).map(idOf)).toEqual([recordId(3)]);
  });

  test('after three days an event is gone, and a replay from before it is refused', async () => {
    await org.change({});
    const client = await connected();
    await client.subscribe('/data/ContactChangeEvent', -2);
    const [event] = await pollFor(client, 1);
    const before = (event?.event.replayId ?? 0) - 1;
    org.advance(73 * 3_600_000);
    await until(
      async () =>
        (await org.pool.query('select from stream_events')).rowCount === 0 ? true : undefined,
      { what: 'the event to be removed' },
    );
    const late = await connected();
    expect(await late.subscribe('/data/ContactChangeEvent', before)).toMatchObject({
      successful: false,
      error: `400::The replayId {${before}} you provided was invalid.  Please provide a valid ID, -2 to replay all events, or -1 to replay only new events.`,
    });
    expect(await late.subscribe('/data/ContactChangeEvent', 99_999_999)).toMatchObject({
      successful: false,
    });
    expect(await late.subscribe('/data/ContactChangeEvent', -2)).toMatchObject({
      successful: true,
    });
  });
});

async function connected(): Promise<Bayeux> {
  const client = new Bayeux(`${org.url}/cometd/60.0`, TOKEN);
  await client.handshake();
  return client;
}

async function pollFor(client: Bayeux, count: number): Promise<readonly z.infer<typeof Message>[]> {
  const events: z.infer<typeof Message>[] = [];
  while (events.length < count) events.push(...z.array(Message).parse(await client.poll()));
  return events;
}

function idOf({ payload }: z.infer<typeof Message>): string | undefined {
  return payload.ChangeEventHeader.recordIds[0];
}

function recordId(number: number): string {
  return `003${String(number).padStart(12, '0')}AAA`;
}
