import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';

import { until } from '../../support/until.ts';
import type { Bayeux } from './bayeux.ts';
import { serveStreamingOrg, type StreamingOrg } from './served-org.ts';

const Created = z.object({ id: z.string() });
const Limits = z.record(z.string(), z.object({ Max: z.number(), Remaining: z.number() }));

let org: StreamingOrg;
beforeAll(async () => {
  org = await serveStreamingOrg();
  await published();
});
afterEach(async () => {
  await org.ask('DELETE', '/admin/faults');
  await settings({ changeDataCapture: 'all', eventsPerDayMax: 1_000_000 });
});
afterAll(async () => {
  await org[Symbol.asyncDispose]();
});

describe('a channel member', () => {
  test('adds fields to updates and deletes, and lets through what its filter says', async () => {
    await tooling('PlatformEventChannel', 'Big__chn', { channelType: 'data', label: 'Big' });
    const member = {
      eventChannel: 'Big__chn',
      selectedEntity: 'AccountChangeEvent',
      filterExpression: "Industry = 'banking' AND ChangeEventHeader.changeType != 'CREATE'",
      enrichedFields: [{ name: 'AccountNumber' }, { name: 'BillingCity' }],
    };
    await tooling('PlatformEventChannelMember', 'Big_chn_Account', member);
    const client = await org.connect();
    expect(await client.subscribe('/data/Big__chn')).toMatchObject({ successful: true });
    const bank = await account({
      Name: 'Bank',
      Industry: 'Banking',
      AccountNumber: '7',
      BillingCity: 'Rome',
    });
    const farm = await account({ Name: 'Farm', Industry: 'Agriculture' });
    for (const id of [farm, bank])
      await org.ask('PATCH', `sobjects/Account/${id}`, { Phone: '12' });
    expect(await client.poll()).toMatchObject([
      {
        payload: {
          Phone: '12',
          Industry: 'Banking',
          AccountNumber: '7',
          BillingAddress: { City: 'Rome' },
          ChangeEventHeader: {
            recordIds: [bank],
            changedFields: ['Phone', 'LastModifiedDate'],
          },
        },
      },
    ]);
    await org.ask('DELETE', `sobjects/Account/${bank}`);
    expect(await client.poll()).toMatchObject([
      { payload: { Industry: 'Banking', ChangeEventHeader: { changeType: 'DELETE' } } },
    ]);
  });

  test('is shown, queried, changed and deleted by the Tooling API', async () => {
    const id = await tooling('PlatformEventChannelMember', 'ChangeEvents_LeadChangeEvent', {
      eventChannel: 'ChangeEvents',
      selectedEntity: 'LeadChangeEvent',
    });
    const path = `tooling/sobjects/PlatformEventChannelMember/${id}`;
    const Metadata = {
      eventChannel: 'ChangeEvents',
      selectedEntity: 'LeadChangeEvent',
      filterExpression: "Company LIKE 'A%'",
    };
    expect(await org.ask('PATCH', path, { Metadata })).toMatchObject({ status: 204 });
    expect(await org.ask('GET', path)).toMatchObject({
      status: 200,
      body: { Id: id, FullName: 'ChangeEvents_LeadChangeEvent', Metadata },
    });
    expect(
      await soql(
        "SELECT Id, FilterExpression FROM PlatformEventChannelMember WHERE SelectedEntity = 'LeadChangeEvent'",
      ),
    ).toMatchObject({ records: [{ Id: id, FilterExpression: "Company LIKE 'A%'" }] });
    expect(
      await org.ask('PATCH', path, {
        Metadata: { ...Metadata, selectedEntity: 'ContactChangeEvent' },
      }),
    ).toMatchObject({ status: 400, body: [{ errorCode: 'FIELD_INTEGRITY_EXCEPTION' }] });
    expect(await org.ask('DELETE', path)).toMatchObject({ status: 204 });
    expect(await org.ask('GET', path)).toMatchObject({ status: 404 });
  });

  test.each([
    ['a field that is not there', { filterExpression: "Nothing = 'x'" }, 'Invalid field: Nothing'],
    ['a list of the header', { filterExpression: "ChangeEventHeader.recordIds = 'x'" }, 'Invalid'],
    ['no condition', { filterExpression: 'Name =' }, 'Invalid filter expression'],
    ['a formula it cannot have', { enrichedFields: [{ name: 'Nothing' }] }, 'cannot enrich'],
    ['an unknown object', { selectedEntity: 'NothingChangeEvent' }, 'has no events'],
    ['an unknown channel', { eventChannel: 'No__chn' }, 'does not exist'],
  ])('is refused for %s', async (_what, wrong, message) => {
    expect(
      await org.ask('POST', 'tooling/sobjects/PlatformEventChannelMember', {
        FullName: 'Wrong',
        Metadata: {
          eventChannel: 'ChangeEvents',
          selectedEntity: 'AccountChangeEvent',
          ...wrong,
        },
      }),
    ).toMatchObject({
      status: 400,
      body: [{ errorCode: 'FIELD_INTEGRITY_EXCEPTION', message: expect.stringContaining(message) }],
    });
  });
});

test('where objects are selected, the others’ changes are not captured, and five are the most', async () => {
  await settings({ changeDataCapture: 'selected' });
  const select = (entity: string) =>
    org.ask('POST', 'tooling/sobjects/PlatformEventChannelMember', {
      FullName: `ChangeEvents_${entity}`,
      Metadata: { eventChannel: 'ChangeEvents', selectedEntity: `${entity}ChangeEvent` },
    });
  await select('Contact');
  const client = await org.connect();
  expect(await client.subscribe('/data/ChangeEvents')).toMatchObject({ successful: true });
  expect(await client.subscribe('/data/CampaignChangeEvent')).toMatchObject({
    successful: false,
    error: expect.stringContaining("doesn't exist"),
  });
  await org.ask('POST', 'sobjects/Campaign', { Name: 'Unheard' });
  await org.ask('POST', 'sobjects/Contact', { LastName: 'Heard' });
  expect(await client.poll()).toMatchObject([
    { payload: { ChangeEventHeader: { entityName: 'Contact' } } },
  ]);
  // Account is on a custom channel already.
  for (const entity of ['Case', 'Opportunity', 'User'])
    expect(await select(entity)).toMatchObject({ status: 201 });
  expect(await select('Task')).toMatchObject({
    status: 400,
    body: [{ errorCode: 'LIMIT_EXCEEDED', message: expect.stringContaining('maximum of 5') }],
  });
});

test('deliveries are counted by subscriber and shown, and beyond the day’s a held poll is ended', async () => {
  const name = 'DailyDeliveredPlatformEvents';
  const limits = async () => Limits.parse((await org.ask('GET', 'limits')).body)[name];
  const first = await org.connect();
  const clients = [first, await org.connect()];
  for (const client of clients) await client.subscribe('/data/AccountChangeEvent');
  const before = (await limits())?.Remaining ?? 0;
  await account({ Name: 'Counted' });
  for (const client of clients) expect(await client.poll()).toHaveLength(1);
  expect((await limits())?.Remaining).toBe(before - 2);
  const polling = await held(first);
  await settings({ eventsPerDayMax: 1 });
  await account({ Name: 'Undelivered' });
  const exceeded = {
    successful: false,
    error: '403::Organization total events daily limit exceeded',
  };
  expect(await polling.reply).toMatchObject(exceeded);
  await settings({ eventsPerDayMax: 1_000_000 });
  await account({ Name: 'Delivered' });
  const names = z.array(z.looseObject({ payload: z.looseObject({ Name: z.string() }) }));
  const heard: string[] = [];
  while (heard.length < 2)
    heard.push(...names.parse(await first.poll()).map(({ payload }) => payload.Name));
  expect(heard).toEqual(['Undelivered', 'Delivered']);
});

test('a poll is ended when its session does', async () => {
  const client = await org.connect();
  await client.subscribe('/data/AccountChangeEvent');
  const polling = await held(client);
  org.session.good = false;
  expect(await polling.reply).toMatchObject({
    successful: false,
    error: '401::Authentication invalid',
    advice: { reconnect: 'none' },
  });
  org.session.good = true;
});

test('an event pushed to users says who of them was there, and reaches nobody else', async () => {
  const { id } = Created.parse(
    (await org.ask('POST', 'sobjects/StreamingChannel', { Name: '/u/news' })).body,
  );
  const client = await org.connect();
  await client.subscribe('/u/news');
  const push = (userIds: readonly string[]) =>
    org.ask('POST', `sobjects/StreamingChannel/${id}/push`, {
      pushEvents: [{ payload: userIds.join() || 'all', userIds }],
    });
  const admin = org.org.adminUserId;
  const other = '005000000000009AAA';
  expect(await push([other])).toMatchObject({
    body: [{ fanoutCount: 0, userOnlineStatus: { [other]: false } }],
  });
  expect(await push([admin.slice(0, 15)])).toMatchObject({
    body: [{ fanoutCount: 1, userOnlineStatus: { [admin.slice(0, 15)]: true } }],
  });
  expect(await push([])).toMatchObject({ body: [{ fanoutCount: -1 }] });
  const heard: unknown[] = [];
  while (heard.length < 2) heard.push(...(await client.poll()));
  expect(heard).toMatchObject([{ payload: admin.slice(0, 15) }, { payload: 'all' }]);
});

describe('an injected fault', () => {
  test.each([
    [{ kind: 'reorder' }, ['Two', 'One']],
    [{ kind: 'duplicate' }, ['One', 'One', 'Two']],
    [{ kind: 'drop' }, ['Two']],
  ])('%j of the first of two events', async (effect, names) => {
    const client = await org.connect();
    await client.subscribe('/data/AccountChangeEvent');
    await fault({ point: 'event', subject: '^/data/AccountChangeEvent$', effect });
    await account({ Name: 'One' });
    await account({ Name: 'Two' });
    const heard: unknown[] = [];
    while (heard.length < names.length) heard.push(...(await client.poll()));
    expect(heard).toMatchObject(names.map((Name) => ({ payload: { Name } })));
  });

  test('takes an event’s contents, with a wildcard its records too', async () => {
    const client = await org.connect();
    await client.subscribe('/data/AccountChangeEvent');
    const gap = { point: 'event', subject: 'Account', effect: { kind: 'gap', wildcard: true } };
    await fault(gap);
    await account({ Name: 'Gone' });
    expect(await client.poll()).toMatchObject([
      {
        payload: {
          ChangeEventHeader: { changeType: 'GAP_CREATE', recordIds: ['001*'], changedFields: [] },
        },
      },
    ]);
  });

  test('makes a replay id too old', async () => {
    const { feed } = org.streaming.publisher;
    const client = await org.connect();
    await fault({ point: 'replay', subject: 'Account', effect: { kind: 'expire' } });
    expect(await client.subscribe('/data/AccountChangeEvent', feed.head)).toMatchObject({
      successful: false,
      error: expect.stringContaining(`The replayId {${feed.head}} you provided was invalid`),
    });
    expect(await client.subscribe('/data/AccountChangeEvent', feed.head)).toMatchObject({
      successful: true,
    });
  });
});

test('a PushTopic follows its version’s way to choose operations, and its name is short', async () => {
  const topic = (more: object) =>
    org.ask('POST', 'sobjects/PushTopic', {
      Name: 'Topic',
      Query: 'SELECT Id, Name FROM Account',
      ApiVersion: 60,
      ...more,
    });
  await topic({ Name: 'Old', ApiVersion: 28 });
  await topic({ Name: 'New' });
  const fields = 'NotifyForOperations, NotifyForOperationCreate, NotifyForOperationDelete';
  expect(await soql(`SELECT ${fields} FROM PushTopic ORDER BY Name`)).toMatchObject({
    records: [
      { NotifyForOperations: 'Extended', NotifyForOperationDelete: true },
      {
        NotifyForOperations: 'All',
        NotifyForOperationCreate: true,
        NotifyForOperationDelete: false,
      },
    ],
  });
  expect(await topic({ Name: 'N'.repeat(26) })).toMatchObject({
    status: 400,
    body: [{ errorCode: 'STRING_TOO_LONG' }],
  });
  expect(
    await topic({ Query: `SELECT Id FROM Account WHERE Name = '${'x'.repeat(1_300)}'` }),
  ).toMatchObject({ status: 400, body: [{ errorCode: 'STRING_TOO_LONG' }] });
});

/** A poll that the org has taken and not answered; its reply is still to come. */
async function held(client: Bayeux): Promise<{ readonly reply: Promise<unknown> }> {
  const { asked } = org.session;
  const reply = client.ask({ channel: '/meta/connect', connectionType: 'long-polling' });
  await until(() => (org.session.asked > asked ? true : undefined), { what: 'the poll' });
  return { reply };
}

async function settings(change: object): Promise<void> {
  expect(await org.ask('PATCH', '/admin/settings', change)).toMatchObject({ status: 200 });
}

async function fault(rule: object): Promise<void> {
  expect(await org.ask('POST', '/admin/faults', rule)).toMatchObject({ status: 201 });
}

async function tooling(type: string, FullName: string, Metadata: object): Promise<string> {
  const answer = await org.ask('POST', `tooling/sobjects/${type}`, { FullName, Metadata });
  return Created.parse(answer.body).id;
}

async function account(values: object): Promise<string> {
  return Created.parse((await org.ask('POST', 'sobjects/Account', values)).body).id;
}

async function soql(query: string): Promise<unknown> {
  return (await org.ask('GET', `tooling/query?q=${encodeURIComponent(query)}`)).body;
}

/** The seed's own events must be over. */
async function published(): Promise<void> {
  await until(
    async () =>
      (
        await org.org.pool.query(
          'select from change_journal union all select from stream_events where replay_id > $1',
          [org.streaming.publisher.feed.head],
        )
      ).rowCount === 0
        ? true
        : undefined,
    { what: 'the seed to be published' },
  );
}
