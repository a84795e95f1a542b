import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import avro from 'avsc';
import { z } from 'zod';

import { openAuthority } from '../../../src/kit/authority.ts';
import { silentLog } from '../../../src/kit/log.ts';
import { PubSub } from '../../../sandbox/pubsub/start.ts';
import { encodeReplayId } from '../../../sandbox/pubsub/replay-id.ts';
import { DEFINITION_TYPES } from '../../../sandbox/streaming/definitions.ts';
import { present } from '../../../src/kit/assert.ts';
import { until } from '../../support/until.ts';
import { startEventOrg, TOKEN, type EventOrg } from '../streaming/event-org.ts';
import { errorCodeOf, RawPubSub, type RawStream } from './raw-client.ts';

const ORG_ID = '00D000000000001EAA';
const TOPIC = '/data/ContactChangeEvent';
const HEADERS = { accesstoken: TOKEN, instanceurl: 'https://x', tenantid: ORG_ID };

const Answer = z.looseObject({
  events: z.array(
    z.looseObject({
      event: z.looseObject({ schemaId: z.string(), payload: z.instanceof(Uint8Array) }),
      replayId: z.instanceof(Uint8Array),
    }),
  ),
  latestReplayId: z.instanceof(Uint8Array),
  pendingNumRequested: z.number(),
  commitResponse: z.looseObject({ error: z.looseObject({ code: z.number() }).nullish() }).nullish(),
});

let org: EventOrg;
let pubsub: PubSub;
let client: RawPubSub;
let home: string;
let port: number;
let ca: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'pubsub-raw-'));
  org = await startEventOrg();
  pubsub = new PubSub({
    org: { ...org.parts, orgId: ORG_ID, log: silentLog },
    authenticator: org.authenticator,
    publisher: org.publisher,
  });
  port = await pubsub.listen(0, await (await openAuthority(home)).issue(['localhost']));
  ca = await readFile(join(home, 'ca.crt'), 'utf8');
  client = new RawPubSub(port, ca, HEADERS);
});
afterAll(async () => {
  client.close();
  await pubsub[Symbol.asyncDispose]();
  await org[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true });
});

afterEach(async () => {
  for (const stream of client.streams) stream.cancel();
  await until(() => (pubsub.subscriptions === 0 ? true : undefined), { what: 'all to end' });
});

describe('flow control', () => {
  test('what is asked for adds up, and no more than 100 may be outstanding', async () => {
    const stream = client.open('Subscribe');
    stream.send({ topicName: TOPIC, numRequested: 2 });
    stream.send({ numRequested: 1 });
    await until(() => (pubsub.subscriptions > 0 ? true : undefined), { what: 'the subscription' });
    await change(5);
    expect(await eventsOf(stream, 3)).toHaveLength(3);
    expect(Answer.parse(stream.answers.at(-1)).pendingNumRequested).toBe(0);
    stream.send({ numRequested: 100 });
    expect(await eventsOf(stream, 5)).toHaveLength(5);
    expect(Answer.parse(stream.answers.at(-1)).pendingNumRequested).toBe(98);
    stream.send({ numRequested: 3 });
    expect(await stream.errorCode()).toBe('subscription.fetch.overflow');
  });

  test('a stream that has nothing to say says so within 270 seconds', async () => {
    const stream = client.open('Subscribe');
    stream.send({ topicName: TOPIC, numRequested: 5 });
    await until(() => (pubsub.subscriptions > 0 ? true : undefined), { what: 'the subscription' });
    org.advance(270_000);
    const answer = Answer.parse(
      await until(() => stream.answers[0], { what: 'an answer without events' }),
    );
    expect(answer).toMatchObject({ events: [], pendingNumRequested: 5 });
    stream.cancel();
  });
});

describe('the Pub/Sub API says no with Salesforce’s code:', () => {
  test.each([
    ['topic.validation.empty', { topicName: '', numRequested: 1 }],
    ['topic.not.found', { topicName: '/topic/Any', numRequested: 1 }],
    ['subscription.fetch.requested.events.invalid', { topicName: TOPIC, numRequested: 0 }],
    ['subscription.fetch.overflow', { topicName: TOPIC, numRequested: 101 }],
    [
      'subscription.fetch.replayid.validation.failed',
      { topicName: TOPIC, numRequested: 1, replayPreset: 'CUSTOM' },
    ],
    [
      'subscription.fetch.replayid.corrupted',
      { topicName: TOPIC, numRequested: 1, replayPreset: 'CUSTOM', replayId: Buffer.from('x') },
    ],
  ])('%s', async (code, request) => {
    const stream = client.open('Subscribe');
    stream.send(request);
    expect(await stream.errorCode()).toBe(code);
  });

  test('subscription.fetch.topic.mismatch', async () => {
    const stream = client.open('Subscribe');
    stream.send({ topicName: TOPIC, numRequested: 1 });
    stream.send({ topicName: '/data/AccountChangeEvent', numRequested: 1 });
    expect(await stream.errorCode()).toBe('subscription.fetch.topic.mismatch');
  });

  test('subscription.limit.exceeded, and what was not delivered is kept', async () => {
    const before = org.publisher.feed.head;
    await change(3);
    const used = org.parts.usage.used(org.parts, 'DailyDeliveredPlatformEvents');
    org.settings.eventsPerDayMax = used + 2;
    const request = {
      topicName: TOPIC,
      numRequested: 10,
      replayPreset: 'CUSTOM',
      replayId: encodeReplayId(before),
    };
    const stream = client.open('Subscribe');
    stream.send(request);
    expect(await stream.errorCode()).toBe('subscription.limit.exceeded');
    expect(await eventsOf(stream, 2)).toHaveLength(2);
    org.settings.eventsPerDayMax = 1_000_000;
    const again = client.open('Subscribe');
    again.send(request);
    expect(await eventsOf(again, 3)).toHaveLength(3);
    again.cancel();
  });

  test('service.auth.headers.invalid and service.auth.error', async () => {
    const nobody = new RawPubSub(port, ca, { accesstoken: TOKEN });
    expect(await failureOf(nobody.ask('GetTopic', { topicName: TOPIC }))).toBe(
      'service.auth.headers.invalid',
    );
    nobody.close();
    const stranger = new RawPubSub(port, ca, { ...HEADERS, accesstoken: 'wrong' });
    expect(await failureOf(stranger.ask('GetTopic', { topicName: TOPIC }))).toBe(
      'service.auth.error',
    );
    stranger.close();
  });

  test('publish.*: no events, no topic, a topic that takes none, and 70 seconds of silence', async () => {
    const publish = (request: object) => client.ask('Publish', request);
    expect(await failureOf(publish({ topicName: '', events: [] }))).toBe(
      'publish.topic.validation.empty',
    );
    expect(await failureOf(publish({ topicName: TOPIC, events: [{}] }))).toBe(
      'topic.meta.permission',
    );
    const stream = client.open('PublishStream');
    await until(() => (pubsub.publishStreams > 0 ? true : undefined), { what: 'the stream' });
    org.advance(70_000);
    expect(await stream.errorCode()).toBe('publish.stream.sweeper.timeout');
  });
});

describe('a managed subscription', () => {
  test('goes on after what its subscriber has committed, in another call too', async () => {
    await manage('Going_On', {});
    const first = client.open('ManagedSubscribe');
    first.send({ developerName: 'Going_On', numRequested: 10 });
    await until(() => (pubsub.subscriptions > 0 ? true : undefined), { what: 'the subscription' });
    await change(3);
    const [, second] = await eventsOf(first, 3);
    const replayId = present(second, 'the second event').replayId;
    first.send({ commitReplayIdRequest: { commitRequestId: 'c1', replayId } });
    await until(() => (commitsOf(first).length === 1 ? true : undefined), { what: 'the commit' });
    expect(commitsOf(first)).toMatchObject([{ commitRequestId: 'c1', replayId, error: null }]);
    first.cancel();
    await until(() => (pubsub.subscriptions === 0 ? true : undefined), { what: 'the end' });

    const again = client.open('ManagedSubscribe');
    again.send({ developerName: 'Going_On', numRequested: 10 });
    const [next] = await eventsOf(again, 1);
    expect(numberOf(present(next, 'an event').replayId)).toBe(numberOf(replayId) + 1);
    for (const [id, wrong] of [
      ['older', encodeReplayId(numberOf(replayId) - 1)],
      ['ahead', encodeReplayId(numberOf(replayId) + 1_000)],
      ['broken', Buffer.from('x')],
    ] as const)
      again.send({ commitReplayIdRequest: { commitRequestId: id, replayId: wrong } });
    await until(() => (commitsOf(again).length === 3 ? true : undefined), { what: 'the answers' });
    expect(commitsOf(again).map((commit) => commit?.error?.code)).toEqual([2, 2, 2]);
    again.cancel();
  });

  test('has one subscriber at a time, and ends when it is stopped or deleted', async () => {
    await manage('Alone', { defaultReplay: 'EARLIEST' });
    const first = client.open('ManagedSubscribe');
    first.send({ developerName: 'Alone', numRequested: 1 });
    await eventsOf(first, 1);
    const second = client.open('ManagedSubscribe');
    second.send({ developerName: 'Alone', numRequested: 1 });
    expect(await second.errorCode()).toBe('managed.subscription.already.active');
    await managedType().update(write(), 'Alone', metadata({ state: 'STOP' }));
    org.advance(5_000);
    expect(await first.errorCode()).toBe('managed.subscription.config.stopped');
    const third = client.open('ManagedSubscribe');
    third.send({ developerName: 'Alone', numRequested: 1 });
    expect(await third.errorCode()).toBe('managed.subscription.config.stopped');
  });

  test.each([
    ['managed.subscription.developer.name.not.found', { developerName: 'Nobody' }],
    ['managed.subscription.subscription.id.invalid', { subscriptionId: 'short' }],
    ['managed.subscription.subscription.id.not.found', { subscriptionId: '18x000000000001' }],
    ['managed.subscription.id.or.developer.name.empty', {}],
    ['managed.subscription.fetch.request.events.invalid', { developerName: 'A', numRequested: -1 }],
    [
      'managed.subscription.fetch.request.commit.request.restricted',
      { developerName: 'A', commitReplayIdRequest: { commitRequestId: 'x' } },
    ],
  ])('is refused with %s', async (code, request) => {
    const stream = client.open('ManagedSubscribe');
    stream.send({ numRequested: 1, ...request });
    expect(await stream.errorCode()).toBe(code);
  });
});

test('a long text’s difference is a text, named in diffFields', async () => {
  const before = Array.from({ length: 40 }, (_, line) => `Line ${line} of a long description`);
  const after = before.with(7, 'Another line');
  const stream = client.open('Subscribe');
  stream.send({ topicName: TOPIC, numRequested: 1 });
  await until(() => (pubsub.subscriptions > 0 ? true : undefined), { what: 'the subscription' });
  await org.change({
    change_type: 'UPDATE',
    changed_fields: ['Description', 'LastModifiedDate'],
    record: { Description: after.join('\n') },
    previous: { Description: before.join('\n') },
  });
  const [event] = await eventsOf(stream, 1);
  const { schemaId, payload } = present(event, 'an event').event;
  const { schemaJson } = z
    .looseObject({ schemaJson: z.string() })
    .parse(await client.ask('GetSchema', { schemaId }));
  const type = avro.Type.forSchema(JSON.parse(schemaJson), { wrapUnions: 'never' });
  const decoded = z
    .looseObject({
      Description: z.string(),
      ChangeEventHeader: z.looseObject({ diffFields: z.array(z.string()) }),
    })
    .parse(type.fromBuffer(Buffer.from(payload)));
  expect(decoded.Description).toMatch(/^--- \n\+\+\+ [0-9a-f]{64}\n@@ -8,1 \+8,1 @@\n-Line 7/);
  const position = z
    .looseObject({ fields: z.array(z.looseObject({ name: z.string() })) })
    .parse(JSON.parse(schemaJson))
    .fields.findIndex(({ name }) => name === 'Description');
  expect(decoded.ChangeEventHeader.diffFields).toEqual([
    `0x${(1n << BigInt(position)).toString(16).toUpperCase()}`,
  ]);
  stream.cancel();
});

async function failureOf(call: Promise<unknown>): Promise<string | undefined> {
  return call.then(() => undefined, errorCodeOf);
}

async function change(count: number): Promise<void> {
  const before = org.publisher.feed.head;
  await org.change(
    ...Array.from({ length: count }, (_, index) => ({
      record_id: `003${String(index).padStart(12, '0')}AAA`,
    })),
  );
  await until(() => (org.publisher.feed.head >= before + count ? true : undefined), {
    what: `${count} events`,
  });
}

async function eventsOf(stream: RawStream, count: number) {
  return until(
    () => {
      const events = stream.answers.flatMap((answer) => Answer.parse(answer).events);
      return events.length >= count ? events : undefined;
    },
    { what: `${count} events` },
  );
}

function commitsOf(stream: RawStream) {
  return stream.answers
    .map((answer) => Answer.parse(answer).commitResponse)
    .filter((commit) => commit !== null && commit !== undefined);
}

function numberOf(replayId: Uint8Array): number {
  return Number(Buffer.from(replayId).readBigUInt64BE());
}

const metadata = (more: object) => ({ label: 'Managed', topicName: TOPIC, ...more });
const managedType = () => present(DEFINITION_TYPES[2], 'ManagedEventSubscription');
const write = () => ({
  db: org.pool,
  schema: org.parts.schema(),
  settings: org.settings,
  now: new Date(),
});

async function manage(name: string, more: object): Promise<void> {
  await managedType().create(write(), name, metadata(more));
}
