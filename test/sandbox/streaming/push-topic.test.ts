import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { assertTopicQuery } from '../../../sandbox/streaming/topic-query.ts';
import { Schema } from '../../../sandbox/schema/schema.ts';
import { STANDARD_OBJECTS } from '../../../sandbox/schema/standard.ts';
import { until } from '../../support/until.ts';
import { Bayeux } from './bayeux.ts';
import { startEventOrg, TOKEN, type EventOrg } from './event-org.ts';

const ADA = '003000000000001AAA';
const BOB = '003000000000002AAA';

let org: EventOrg;
beforeAll(async () => {
  org = await startEventOrg();
  await org.pool.query(
    `insert into org.contact (id, lastname, title, email, isdeleted)
     values ($1, 'Lovelace', 'Countess', 'ada@x.example', false), ($2, 'Bob', null, null, false)`,
    [ADA, BOB],
  );
});
afterAll(async () => {
  await org[Symbol.asyncDispose]();
});

describe('PushTopic', () => {
  test('tells of records that meet its WHERE, with the fields it selects', async () => {
    await makeTopic('Titled', 'SELECT Id, LastName, Title FROM Contact WHERE Title != null');
    const client = await subscribed('/topic/Titled');
    await org.change({ record_id: BOB }, { record_id: ADA });
    expect(await client.poll()).toEqual([
      {
        event: { createdDate: expect.any(String), replayId: expect.any(Number), type: 'created' },
        sobject: { Id: ADA, LastName: 'Lovelace', Title: 'Countess' },
      },
    ]);
  });

  test.each([
    ['Select', ['LastName'], true],
    ['Select', ['Title'], false],
    ['Where', ['Title'], true],
    ['Where', ['LastName'], false],
    ['Referenced', ['Title'], true],
    ['Referenced', ['Email'], false],
    ['All', ['Email'], true],
  ])(
    'NotifyForFields %s with a change of %j: told = %j',
    async (notifyForFields, changed, told) => {
      const name = `${notifyForFields}${changed.join('')}`;
      await makeTopic(name, "SELECT Id, LastName FROM Contact WHERE Title = 'Countess'", {
        notifyforfields: notifyForFields,
      });
      const client = await subscribed(`/topic/${name}`);
      await org.change({
        record_id: ADA,
        change_type: 'UPDATE',
        changed_fields: [...changed, 'LastModifiedDate'],
      });
      await org.change({ record_id: ADA, change_type: 'CREATE' });
      expect((await client.poll())[0]).toMatchObject({
        event: { type: told ? 'updated' : 'created' },
      });
    },
  );

  test('tells of a deletion by the id alone, and of no operation it does not ask for', async () => {
    await makeTopic('Deleted', 'SELECT Id, LastName FROM Contact', {
      notifyforoperationcreate: false,
      notifyforoperationundelete: false,
    });
    const client = await subscribed('/topic/Deleted');
    await org.pool.query('update org.contact set isdeleted = true where id = $1', [ADA]);
    await org.change(
      { record_id: ADA, change_type: 'CREATE' },
      { record_id: ADA, change_type: 'DELETE', record: {} },
    );
    expect(await client.poll()).toEqual([
      { event: expect.objectContaining({ type: 'deleted' }), sobject: { Id: ADA } },
    ]);
  });

  test('a topic whose query cannot be run any more holds up no other', async () => {
    await makeTopic('Broken', 'SELECT Id, Gone__c FROM Contact');
    await makeTopic('Whole', 'SELECT Id FROM Contact');
    const client = await subscribed('/topic/Whole');
    await org.change({ record_id: ADA });
    expect(await client.poll()).toMatchObject([{ sobject: { Id: ADA } }]);
  });

  test.each([
    ['SELECT LastName FROM Contact', 'Id must be in the SELECT clause'],
    ['SELECT Id, LastName FROM Contact ORDER BY LastName', "'ORDER BY' clause is not allowed"],
    ['SELECT Id, LastName FROM Contact LIMIT 5', "'LIMIT' is not allowed"],
    ['SELECT COUNT() FROM Contact', 'Aggregate queries are not supported'],
    ['SELECT Id, Account.Name FROM Contact', 'relationships are not supported'],
    ["SELECT Id, Name FROM Contact WHERE NOT Name = 'x'", "'NOT' is not supported"],
    [
      "SELECT Id, Name FROM Account WHERE Id IN (SELECT AccountId FROM Contact WHERE Title = 'CEO')",
      'semi/anti join sub-selects are not supported',
    ],
    ['SELECT Id, Name FROM Product2', 'Product2 is not supported'],
    ['SELECT Id FROM Contact', 'a field other than Id must be in the query'],
    ['SELECT Id, Nothing__c FROM Contact', "No such column 'Nothing__c'"],
  ])('refuses the query %s', (query, reason) => {
    expect(() => {
      assertTopicQuery(new Schema(STANDARD_OBJECTS), query, 'Referenced');
    }).toThrow(reason);
  });

  test('takes a query of one object’s fields', () => {
    assertTopicQuery(
      new Schema(STANDARD_OBJECTS),
      "SELECT Id, LastName FROM Contact WHERE Email LIKE '%x'",
    );
  });
});

async function makeTopic(
  name: string,
  query: string,
  settings: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const row = {
    id: `0IF${name.padEnd(15, '0')}`,
    name,
    query,
    apiversion: 60,
    isactive: true,
    isdeleted: false,
    notifyforfields: 'Referenced',
    notifyforoperationcreate: true,
    notifyforoperationupdate: true,
    notifyforoperationdelete: true,
    notifyforoperationundelete: true,
    ...settings,
  };
  const names = Object.keys(row);
  await org.pool.query(
    `insert into org.pushtopic (${names.join(', ')}) values (${names.map((_, index) => `$${index + 1}`).join(', ')})`,
    Object.values(row),
  );
}

/** What went before must not be told of to topics made since. */
async function published(): Promise<void> {
  await until(
    async () =>
      (await org.pool.query('select from change_journal')).rowCount === 0 ? true : undefined,
    {
      what: 'the journal to be empty',
    },
  );
}

async function subscribed(...channels: readonly string[]): Promise<Bayeux> {
  await published();
  const client = new Bayeux(`${org.url}/cometd/60.0`, TOKEN);
  await client.handshake();
  for (const channel of channels)
    expect(await client.subscribe(channel)).toMatchObject({ successful: true });
  return client;
}
