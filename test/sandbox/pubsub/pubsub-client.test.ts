import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mkdtemp, rm } from 'node:fs/promises';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import PubSubApiClient from 'salesforce-pubsub-api-client';

import { openAuthority } from '../../../src/kit/authority.ts';
import { silentLog } from '../../../src/kit/log.ts';
import { PubSub } from '../../../sandbox/pubsub/start.ts';
import { CustomField, CustomObject } from '../../../sandbox/schema/custom.ts';
import { buildSchema } from '../../../sandbox/schema/build-schema.ts';
import { STANDARD_OBJECTS } from '../../../sandbox/schema/standard.ts';
import { until } from '../../support/until.ts';
import { ADMIN, startEventOrg, TOKEN, type EventOrg } from '../streaming/event-org.ts';

const QUIET = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

interface Received {
  readonly kind: string;
  readonly data: unknown;
}

let org: EventOrg;
let pubsub: PubSub;
let port: number;
let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'pubsub-'));
  const order = CustomObject.parse({
    fullName: 'Order__e',
    label: 'Order',
    pluralLabel: 'Orders',
    keyPrefix: 'e00',
  });
  const fields = [
    { fullName: 'Number__c', label: 'Number', type: 'Text', length: 20 },
    { fullName: 'Due__c', label: 'Due', type: 'DateTime' },
  ].map((field) => ({ object: 'Order__e', definition: CustomField.parse(field) }));
  org = await startEventOrg(
    buildSchema(STANDARD_OBJECTS, { objects: [order], fields, parts: new Map() }),
  );
  pubsub = new PubSub({
    org: { ...org.parts, orgId: '00D000000000001EAA', log: silentLog },
    authenticator: org.authenticator,
    publisher: org.publisher,
  });
  port = await pubsub.listen(
    0,
    await (await openAuthority(home)).issue(['localhost', '127.0.0.1']),
  );
});
afterAll(async () => {
  await pubsub[Symbol.asyncDispose]();
  await org[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true });
});

describe('the Pub/Sub client, unmodified, over TLS', () => {
  test('receives change events with their changed fields by name', async () => {
    const { client, received } = await connected();
    client.subscribe('/data/ContactChangeEvent', receiver(received));
    await subscribed();
    await org.change({
      change_type: 'UPDATE',
      changed_fields: ['FirstName', 'Email', 'MailingCity', 'LastModifiedDate'],
      record: {
        FirstName: 'Augusta',
        Email: null,
        MailingCity: 'Rome',
        LastModifiedDate: '2026-11-21T09:01:00.000+0000',
      },
    });
    const [event] = await events(received, 1);
    expect(event).toMatchObject({
      replayId: expect.any(Number),
      payload: {
        LastModifiedDate: Date.parse('2026-11-21T09:01:00Z'),
        Email: null,
        ChangeEventHeader: {
          entityName: 'Contact',
          changeType: 'UPDATE',
          recordIds: ['003000000000001AAA'],
          changeOrigin: 'com/salesforce/api/rest/60.0;client=Test',
          changedFields: ['Email', 'LastModifiedDate', 'Name.FirstName', 'MailingAddress.City'],
          nulledFields: ['Email'],
        },
      },
    });
    client.close();
  });

  test('is given as many events as it asks for, from where it asks', async () => {
    const before = org.publisher.feed.head;
    for (let number = 1; number <= 5; number += 1)
      await org.change({ record_id: `00300000000010${number}AAA` });
    await until(() => (org.publisher.feed.head >= before + 5 ? true : undefined), {
      what: 'five events',
    });
    const { client, received } = await connected();
    client.subscribeFromReplayId('/data/ContactChangeEvent', receiver(received), 2, before);
    await until(() => (received.some(({ kind }) => kind === 'lastEvent') ? true : undefined), {
      what: 'two events',
    });
    expect(received.filter(({ kind }) => kind === 'event')).toHaveLength(2);
    client.requestAdditionalEvents('/data/ContactChangeEvent', 3);
    expect(
      (await events(received, 5)).map((event) => Reflect.get(Object(event), 'replayId')),
    ).toEqual([1, 2, 3, 4, 5].map((step) => before + step));
    client.close();
  });

  test('publishes platform events, alone and in a stream, and subscribers get them', async () => {
    const { client, received } = await connected();
    client.subscribe('/event/Order__e', receiver(received));
    await subscribed();
    const due = Date.parse('2026-12-24T18:00:00Z');
    const payload = {
      CreatedDate: Date.now(),
      CreatedById: ADMIN,
      Number__c: { string: '17' },
      Due__c: { long: due },
    };
    const result = await client.publish('/event/Order__e', payload, 'key-1');
    expect(result).toMatchObject({ correlationKey: 'key-1', replayId: expect.any(Number) });
    const responses: Received[] = [];
    await client.publishBatch(
      '/event/Order__e',
      [
        { id: 'key-2', payload },
        { id: 'key-3', payload },
      ],
      receiver(responses),
    );
    const [first, second] = await events(received, 3);
    expect(first).toMatchObject({
      replayId: result.replayId,
      payload: { Number__c: '17', Due__c: due, CreatedById: ADMIN },
    });
    expect(second).toMatchObject({ payload: { Number__c: '17' } });
    await until(
      () => (responses.some(({ kind }) => kind === 'publishResponse') ? true : undefined),
      { what: 'an answer' },
    );
    client.close();
  });

  test.each([
    ['a replay id that cannot be replayed from', 5, 'subscription.fetch.replayid.corrupted'],
    ['a replay id of the future', 99_999_999, 'subscription.fetch.replayid.corrupted'],
  ])('is told of %s', async (_what, replayId, errorCode) => {
    const { client, received } = await connected();
    client.subscribeFromReplayId('/data/ContactChangeEvent', receiver(received), 1, replayId);
    expect(await errorCodeOf(received)).toBe(`sfdc.platform.eventbus.grpc.${errorCode}`);
    client.close();
  });

  test('is told of an unknown topic, and of a token that is no longer good', async () => {
    const { client, received } = await connected();
    client.subscribe('/data/NothingChangeEvent', receiver(received));
    expect(await errorCodeOf(received)).toBe('sfdc.platform.eventbus.grpc.topic.not.found');
    client.close();
    const other = await connected('00D000000000001!expired');
    other.client.subscribe('/data/ContactChangeEvent', receiver(other.received));
    expect(await errorCodeOf(other.received)).toBe(
      'sfdc.platform.eventbus.grpc.service.auth.error',
    );
    other.client.close();
  });
});

async function connected(accessToken = TOKEN) {
  const client = new PubSubApiClient(
    {
      authType: 'user-supplied',
      accessToken,
      instanceUrl: 'https://127.0.0.1',
      pubSubEndpoint: `localhost:${port}`,
      rejectUnauthorizedSsl: false,
    },
    QUIET,
  );
  await client.connect();
  const received: Received[] = [];
  return { client, received };
}

function receiver(received: Received[]) {
  return (_info: unknown, kind: string, data?: unknown): void => {
    received.push({ kind, data });
  };
}

/** A subscription to what is to come begins a moment after it was asked for, as with the real API. */
async function subscribed(): Promise<void> {
  await until(() => (pubsub.subscriptions > 0 ? true : undefined), {
    what: 'the subscription',
  });
}

async function events(received: readonly Received[], count: number): Promise<readonly unknown[]> {
  return until(
    () => {
      const found = received.filter(({ kind }) => kind === 'event').map(({ data }) => data);
      return found.length >= count ? found : undefined;
    },
    { what: `${count} events` },
  );
}

async function errorCodeOf(received: readonly Received[]): Promise<unknown> {
  const error = await until(() => received.find(({ kind }) => kind === 'error'), {
    what: 'an error',
  });
  const metadata: unknown = Reflect.get(Object(error.data), 'metadata');
  const get: unknown = Reflect.get(Object(metadata), 'get');
  if (typeof get !== 'function') return undefined;
  const values: unknown = get.call(metadata, 'error-code');
  return Array.isArray(values) ? values[0] : undefined;
}
