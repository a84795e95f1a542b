import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Connection } from 'jsforce';
import { z } from 'zod';

import { present } from '../../../src/kit/assert.ts';
import { until } from '../../support/until.ts';
import { startOrgProcess, type OrgProcess } from '../bulk/org-process.ts';
import { CLIENTS, type From, type Heard, type Org } from './listeners.ts';

const CHANNELS = ['/data/AccountChangeEvent', '/event/Order__e', '/topic/Accounts', '/u/news'];
const OVER_PUBSUB = CHANNELS.slice(0, 2);

let process: OrgProcess;
let org: Org;
let connection: Connection;
let channelId: string;
beforeAll(async () => {
  process = await startOrgProcess({
    LANDBRIDGE_ORG_ADMIN: 'on',
    LANDBRIDGE_ORG_EVENT_DELAY_MS: '0-0',
    LANDBRIDGE_ORG_VISIBILITY_DELAY_MS: '0-0',
  });
  const token = await process.login();
  connection = new Connection({ instanceUrl: process.url, accessToken: token, version: '60.0' });
  const { organization_id: orgId } = await connection.identity();
  org = { url: process.url, port: process.port, token, orgId };
  await connection.metadata.create('CustomObject', {
    fullName: 'Order__e',
    label: 'Order',
    pluralLabel: 'Orders',
    eventType: 'HighVolume',
    deploymentStatus: 'Deployed',
    fields: [{ fullName: 'Number__c', label: 'Number', type: 'Text', length: 20 }],
  });
  await connection.sobject('PushTopic').create({
    Name: 'Accounts',
    Query: 'SELECT Id, Name FROM Account',
    ApiVersion: 60,
  });
  const made = await connection.sobject('StreamingChannel').create({ Name: '/u/news' });
  channelId = present(made.id, 'the channel');
});
/** Those that end with the org only. */
const lasting: AsyncDisposable[] = [];
afterAll(async () => {
  await process[Symbol.asyncDispose]();
  for (const listener of lasting) await listener[Symbol.asyncDispose]();
});

test('each client hears all four kinds of events, and after a kill of the org goes on where it was', async () => {
  await publish('First');
  const heard = new Map<string, readonly Heard[]>();
  for (const name of NAMES) {
    const all = Object.fromEntries(CHANNELS.map((channel) => [channel, -2]));
    heard.set(name, await hear(name, all, (events) => covers(name, events)));
  }

  // What is committed is not delivered yet when the org dies.
  await delayEvents(60_000);
  await publish('Second');
  await process.kill();
  await process.start();
  for (const name of NAMES) {
    const before = heard.get(name) ?? [];
    const from = Object.fromEntries(
      channelsOf(name).map((channel) => [channel, lastOn(before, channel)]),
    );
    const after = await hear(name, from, (events) => covers(name, events));
    for (const channel of channelsOf(name)) {
      const news = after.filter((event) => event.channel === channel);
      expect(news).toHaveLength(1);
      expect(news[0]?.replayId).toBeGreaterThan(lastOn(before, channel));
    }
  }
}, 60_000);

const NAMES = ['jsforce', 'faye', 'cometd', 'salesforce-pubsub-api-client'] as const;
type Name = (typeof NAMES)[number];

const channelsOf = (name: Name): readonly string[] =>
  name === 'salesforce-pubsub-api-client' ? OVER_PUBSUB : CHANNELS;

function covers(name: Name, events: readonly Heard[]): boolean {
  return channelsOf(name).every((wanted) => events.some(({ channel }) => channel === wanted));
}

function lastOn(events: readonly Heard[], channel: string): number {
  return Math.max(...events.flatMap((event) => (event.channel === channel ? event.replayId : [])));
}

async function hear(
  name: Name,
  from: From,
  enough: (events: readonly Heard[]) => boolean,
): Promise<readonly Heard[]> {
  const listener = await CLIENTS[name](org, from);
  const events = await until(
    () => {
      if (enough(listener.heard)) return [...listener.heard];
      throw new Error(`heard only ${JSON.stringify(listener.heard)}`);
    },
    { what: `${name} to hear` },
  );
  if (name === 'salesforce-pubsub-api-client') lasting.push(listener);
  else await listener[Symbol.asyncDispose]();
  return events;
}

/** One event of each kind. */
async function publish(name: string): Promise<void> {
  await connection.sobject('Account').create({ Name: name });
  await connection.sobject('Order__e').create({ Number__c: name });
  const pushed = z.array(z.looseObject({})).parse(
    await connection.request({
      method: 'POST',
      url: `/services/data/v60.0/sobjects/StreamingChannel/${channelId}/push`,
      body: JSON.stringify({ pushEvents: [{ payload: name, userIds: [] }] }),
      headers: { 'content-type': 'application/json' },
    }),
  );
  expect(pushed).toHaveLength(1);
}

async function delayEvents(ms: number): Promise<void> {
  const response = await fetch(`${org.url}/admin/settings`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${org.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ eventDelay: { minMs: ms, maxMs: ms } }),
  });
  expect(response.status).toBe(200);
}
