import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';

import { applyObject } from '../../../sandbox/metadata/objects.ts';
import { changeSchema } from '../../../sandbox/schema/change-schema.ts';
import { until } from '../../support/until.ts';
import { openOrgWithUsers, type Caller, type OrgWithUsers } from './org-with-users.ts';

let org: OrgWithUsers;
let standard: Caller;

const Message = z.looseObject({
  channel: z.string(),
  clientId: z.string().optional(),
  successful: z.boolean().optional(),
  error: z.string().optional(),
  ext: z.unknown().optional(),
  data: z
    .looseObject({
      payload: z.record(z.string(), z.unknown()).optional(),
      sobject: z.unknown().optional(),
    })
    .optional(),
});
type Message = z.infer<typeof Message>;
const Records = z.object({ records: z.array(z.looseObject({ Id: z.string() })) });

beforeAll(async () => {
  org = await openOrgWithUsers();
  await org.makeUser('standard@landbridge.example', 'Standard User');
  standard = await org.caller('standard@landbridge.example');
  const soql = `SELECT Id FROM FieldPermissions WHERE Field = 'Contact.Phone' AND Parent.Profile.Name = 'Standard User'`;
  const found = await org.admin.ask('GET', `query?q=${encodeURIComponent(soql)}`);
  const [row] = Records.parse(found.body).records;
  await org.admin.ask('DELETE', `sobjects/FieldPermissions/${row?.Id ?? ''}`);
}, 60_000);

afterAll(async () => {
  await org[Symbol.asyncDispose]();
});

async function send(caller: Caller, message: object): Promise<readonly Message[]> {
  const { body } = await caller.ask('POST', '/cometd/60.0', [message]);
  return z.array(Message).parse(body);
}

async function handshake(caller: Caller): Promise<Message | undefined> {
  const [reply] = await send(caller, {
    channel: '/meta/handshake',
    version: '1.0',
    supportedConnectionTypes: ['long-polling'],
  });
  return reply;
}

async function subscribe(caller: Caller, channel: string) {
  const clientId = (await handshake(caller))?.clientId;
  const [subscribed] = await send(caller, {
    channel: '/meta/subscribe',
    clientId,
    subscription: channel,
  });
  return {
    subscribed,
    next: () =>
      until(
        async () => {
          const messages = await send(caller, {
            channel: '/meta/connect',
            clientId,
            connectionType: 'long-polling',
          });
          return messages.find((message) => message.channel === channel);
        },
        { what: `an event on ${channel}` },
      ),
  };
}

test('change events carry the fields the subscriber may read', async () => {
  const [his, admins] = [
    await subscribe(standard, '/data/ContactChangeEvent'),
    await subscribe(org.admin, '/data/ContactChangeEvent'),
  ];
  await org.admin.ask('POST', 'sobjects/Contact', {
    LastName: 'Lovelace',
    Phone: '555-1815',
    Email: 'ada@landbridge.example',
  });
  const seen = (await his.next()).data?.payload;
  expect(seen).toMatchObject({ Email: 'ada@landbridge.example', Name: { LastName: 'Lovelace' } });
  expect(seen).not.toHaveProperty('Phone');
  expect((await admins.next()).data?.payload).toMatchObject({ Phone: '555-1815' });
});

test('channels of objects the subscriber may not read do not exist', async () => {
  await org.makeUser('narrow@landbridge.example', 'Minimum Access - API Only Integrations');
  const narrow = await org.caller('narrow@landbridge.example');
  const { subscribed } = await subscribe(narrow, '/data/ContactChangeEvent');
  expect(subscribed).toMatchObject({
    successful: false,
    error: expect.stringContaining("doesn't exist"),
  });
});

test('a PushTopic leaves out fields the subscriber may not read', async () => {
  const topic = await org.admin.ask('POST', 'sobjects/PushTopic', {
    Name: 'Contacts',
    Query: 'SELECT Id, LastName, Phone FROM Contact',
    ApiVersion: 60,
  });
  expect(topic.status).toBe(201);
  const his = await subscribe(standard, '/topic/Contacts');
  await org.admin.ask('POST', 'sobjects/Contact', { LastName: 'Babbage', Phone: '555-1791' });
  const { data } = await his.next();
  expect(data?.sobject).toMatchObject({ LastName: 'Babbage' });
  expect(data?.sobject).not.toHaveProperty('Phone');
});

test('a PushTopic tells of the records its subscriber may read, and of no others', async () => {
  await changeSchema(org.org, (draft, schema) => {
    applyObject(draft, schema, {
      fullName: 'Lead',
      metadata: { sharingModel: 'Private' },
      mode: 'update',
    });
  });
  const topic = { Name: 'Leads', Query: 'SELECT Id, LastName FROM Lead', ApiVersion: 60 };
  expect(await org.admin.ask('POST', 'sobjects/PushTopic', topic)).toMatchObject({ status: 201 });
  const his = await subscribe(standard, '/topic/Leads');
  expect(his.subscribed).toMatchObject({ successful: true });
  for (const [caller, LastName] of [
    [org.admin, 'Hidden'],
    [standard, 'Own'],
  ] as const) {
    const made = await caller.ask('POST', 'sobjects/Lead', { LastName, Company: 'C' });
    expect(made.status).toBe(201);
  }
  // What comes first is his: the other's, which was made before, does not come.
  expect((await his.next()).data?.sobject).toMatchObject({ LastName: 'Own' });
});

test('who may not use the APIs is denied the handshake', async () => {
  await org.makeUser('pages@landbridge.example', 'Minimum Access - Salesforce');
  expect(await handshake(await org.caller('pages@landbridge.example'))).toMatchObject({
    successful: false,
    error: '403::Handshake denied',
    ext: { sfdc: { failureReason: '403::API is disabled for this User' } },
  });
});

test('channels are made by who may customize the org, and pushed to by who may edit them', async () => {
  const channel = { FullName: 'Mine__chn', Metadata: { channelType: 'data', label: 'Mine' } };
  const made = await standard.ask('POST', 'tooling/sobjects/PlatformEventChannel', channel);
  expect([made.status, made.body]).toEqual([
    403,
    [expect.objectContaining({ errorCode: 'INSUFFICIENT_ACCESS' })],
  ]);
  const pushed = await standard.ask('POST', 'sobjects/StreamingChannel/0M6000000000001AAA/push', {
    pushEvents: [{ payload: 'x' }],
  });
  expect([pushed.status, pushed.body]).toEqual([
    403,
    [expect.objectContaining({ errorCode: 'INSUFFICIENT_ACCESS_OR_READONLY' })],
  ]);
});
