import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import supertest from 'supertest';
import { z } from 'zod';

import { present } from '../../../src/kit/assert.ts';
import { silentLog } from '../../../src/kit/log.ts';
import { createApp } from '../../../sandbox/app.ts';
import { createUserDirectory } from '../../../sandbox/oauth/user-directory.ts';
import { CustomObject, CustomField } from '../../../sandbox/schema/custom.ts';
import { buildSchema } from '../../../sandbox/schema/build-schema.ts';
import { STANDARD_OBJECTS } from '../../../sandbox/schema/standard.ts';
import { ensureTables } from '../../../sandbox/store/tables.ts';
import { findChannel } from '../../../sandbox/streaming/channels.ts';
import { startStreaming, type Streaming } from '../../../sandbox/streaming/start.ts';
import { inTransaction } from '../../../src/kit/transaction.ts';
import { until } from '../../support/until.ts';
import { openTestOrg, type TestOrg } from '../support/open-test-org.ts';

const SESSION = {
  userId: '005000000000001AAA',
  orgId: '00D000000000001EAA',
  username: 'u',
  profileId: '00e000000000001AAA',
  clientId: null,
  scopes: ['full'],
};

let whole: TestOrg;
let streaming: Streaming;
beforeAll(async () => {
  whole = await openTestOrg();
  streaming = await startStreaming(whole.org, {
    authenticate: (accessToken) =>
      Promise.resolve({
        ...SESSION,
        userId: whole.org.adminUserId,
        profileId: whole.org.adminProfileId,
        accessToken,
      }),
  });
  await until(
    async () =>
      (
        await whole.org.pool.query(
          'select from change_journal union all select from stream_events where replay_id > $1',
          [streaming.publisher.feed.head],
        )
      ).rowCount === 0
        ? true
        : undefined,
    { what: 'the seed to be published' },
  );
});
afterAll(async () => {
  await streaming[Symbol.asyncDispose]();
  await whole[Symbol.asyncDispose]();
});

describe('events of a whole org', () => {
  test('writing, deleting and undeleting records publishes what happened, in order', async () => {
    const { org, context } = whole;
    const after = streaming.publisher.feed.head;
    const [created] = await org.records.create(context, 'Account', [
      { Name: 'Acme', BillingCity: 'Rome' },
    ]);
    const id = created?.id ?? '';
    await org.records.update(context, 'Account', [{ Id: id, BillingCity: null, Phone: '1' }]);
    await org.records.delete(context, [id]);
    await org.records.undelete(context, [id]);
    const events = await eventsAfter(after, 4);
    expect(events).toMatchObject([
      {
        Name: 'Acme',
        BillingAddress: { City: 'Rome' },
        ChangeEventHeader: { changeType: 'CREATE', recordIds: [id] },
      },
      {
        Phone: '1',
        BillingAddress: { City: null },
        ChangeEventHeader: { changeType: 'UPDATE', nulledFields: ['BillingAddress.City'] },
      },
      { ChangeEventHeader: { changeType: 'DELETE' } },
      { Name: 'Acme', ChangeEventHeader: { changeType: 'UNDELETE' } },
    ]);
    expect(Object.keys(events[2] ?? {})).toEqual(['ChangeEventHeader']);
  });

  test('a change that is rolled back publishes nothing', async () => {
    const { org, context } = whole;
    const after = streaming.publisher.feed.head;
    await org.records.create({ ...context, allOrNone: true }, 'Account', [{ Name: 'One' }, {}]);
    await org.records.create(context, 'Account', [{ Name: 'Two' }]);
    expect(await eventsAfter(after, 1)).toMatchObject([{ Name: 'Two' }]);
  });

  test('a PushTopic with a query that cannot be watched is refused', async () => {
    const { org, context } = whole;
    const results = await org.records.create(context, 'PushTopic', [
      { Name: 'Good', Query: 'SELECT Id, Name FROM Account', ApiVersion: 60 },
      { Name: 'Bad', Query: 'SELECT Name FROM Account', ApiVersion: 60 },
    ]);
    expect(results.map(({ success }) => success)).toEqual([true, false]);
    expect(results[1]?.errors[0]?.errorCode).toBe('INVALID_FIELD');
  });

  test('creating a platform event publishes it and stores no record', async () => {
    const { org, context } = whole;
    const order = CustomObject.parse({
      fullName: 'Order__e',
      label: 'Order',
      pluralLabel: 'Orders',
      keyPrefix: 'e00',
    });
    const number = CustomField.parse({
      fullName: 'Number__c',
      label: 'Number',
      type: 'Text',
      length: 20,
    });
    const schema = buildSchema(STANDARD_OBJECTS, {
      objects: [order],
      fields: [{ object: 'Order__e', definition: number }],
      parts: new Map(),
    });
    await inTransaction(org.pool, (client) => ensureTables(client, schema.objects));
    org.replaceSchema(schema);
    const after = streaming.publisher.feed.head;
    const [result] = await org.records.create(context, 'Order__e', [{ Number__c: '17' }]);
    expect(result).toMatchObject({ success: true });
    expect(await eventsAfter(after, 1)).toEqual([
      { Number__c: '17', CreatedById: org.adminUserId, CreatedDate: expect.stringMatching(/Z$/) },
    ]);
    expect((await org.pool.query('select from org.order__e')).rowCount).toBe(0);
  });

  test('a custom channel carries the events of its members, and of no other object', async () => {
    const { org, context } = whole;
    const app = createApp({
      log: silentLog,
      health: () => ({ ready: true, parts: {} }),
      routers: [streaming.router],
    });
    const make = (kind: string, body: object) =>
      supertest(app)
        .post(`/services/data/v60.0/tooling/sobjects/${kind}`)
        .set('Authorization', 'Bearer x')
        .send(body);
    const channel = { FullName: 'Sales__chn', Metadata: { channelType: 'data', label: 'Sales' } };
    const member = { eventChannel: 'Sales__chn', selectedEntity: 'AccountChangeEvent' };
    const { body } = await make('PlatformEventChannel', channel).expect(201);
    await make('PlatformEventChannel', channel).expect(400);
    await make('PlatformEventChannelMember', {
      FullName: 'Sales_Account',
      Metadata: member,
    }).expect(201);
    await make('PlatformEventChannelMember', {
      FullName: 'X',
      Metadata: { ...member, selectedEntity: 'NothingChangeEvent' },
    }).expect(400);

    const found = await findChannel(org, '/data/Sales__chn');
    const after = streaming.publisher.feed.head;
    await org.records.create(context, 'Contact', [{ LastName: 'Not a member' }]);
    await org.records.create(context, 'Account', [{ Name: 'Member' }]);
    await eventsAfter(after, 2);
    const events = await streaming.publisher.feed.read(present(found, 'channel').filter, after);
    expect(events.map(({ topic }) => topic)).toEqual(['/data/AccountChangeEvent']);

    await supertest(app)
      .delete(`/services/data/v60.0/tooling/sobjects/PlatformEventChannel/${String(body.id)}`)
      .set('Authorization', 'Bearer x')
      .expect(204);
    expect(await findChannel(org, '/data/Sales__chn')).toBeUndefined();
  });

  test('the administrator is found by username whatever its case', async () => {
    const directory = createUserDirectory(whole.org.pool, whole.org.orgId);
    const admin = await directory.findUserById(whole.org.adminUserId);
    expect(admin?.active).toBe(true);
    expect(await directory.findUserByUsername(admin?.username.toUpperCase() ?? '')).toEqual(admin);
  });
});

const Body = z.object({ payload: z.record(z.string(), z.json()) });

async function eventsAfter(
  after: number,
  count: number,
): Promise<readonly z.infer<typeof Body>['payload'][]> {
  const { feed } = streaming.publisher;
  const events = await until(
    async () => {
      const found = [
        ...(await feed.read({ kind: 'change' }, after)),
        ...(await feed.read({ kind: 'platform' }, after)),
      ];
      return found.length >= count ? found : undefined;
    },
    { what: `${count} events` },
  );
  return events.map(({ body }) => Body.parse(body).payload);
}
