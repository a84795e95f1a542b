import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';

import { deploy, metadataXml } from '../support/deploy.ts';
import type { Bayeux } from './bayeux.ts';
import { serveStreamingOrg, type StreamingOrg } from './served-org.ts';

const Message = z.object({
  payload: z.looseObject({ Text__c: z.string() }),
  event: z.looseObject({ EventUuid: z.string() }),
});
const Allotment = z.object({ Max: z.number(), Remaining: z.number() });
const Limits = z.looseObject({ HourlyPublishedPlatformEvents: Allotment });

let org: StreamingOrg;
beforeAll(async () => {
  org = await serveStreamingOrg();
  const names = ['Now__e', 'Later__e'];
  const files = {
    'objects/Now__e.object': definition('<publishBehavior>PublishImmediately</publishBehavior>'),
    'objects/Later__e.object': definition('<publishBehavior>PublishAfterCommit</publishBehavior>'),
  };
  expect(await deploy(org.org, { CustomObject: names }, files)).toEqual([]);
});
afterAll(async () => {
  await org[Symbol.asyncDispose]();
});

describe('a platform event', () => {
  test('of a call that is rolled back is published when it is published immediately, and else not', async () => {
    const client = await listener('/event/Now__e', '/event/Later__e');
    for (const type of ['Now__e', 'Later__e']) {
      const halted = await org.ask('POST', 'composite', {
        allOrNone: true,
        compositeRequest: [
          post('event', `sobjects/${type}`, { Text__c: `composite ${type}` }),
          post('refused', 'sobjects/Account', {}),
        ],
      });
      expect(halted).toMatchObject({
        body: { compositeResponse: [{ httpStatusCode: 400 }, { httpStatusCode: 400 }] },
      });
      const attributes = { type };
      const { body } = await org.ask('POST', 'composite/sobjects', {
        allOrNone: true,
        records: [
          { attributes, Text__c: `collection ${type}` },
          { attributes, Text__c: 'x'.repeat(41) },
        ],
      });
      const saved = type === 'Now__e';
      expect(body).toMatchObject([{ success: saved }, { success: false }]);
    }
    await org.ask('POST', 'sobjects/Later__e', { Text__c: 'the last' });
    expect(await texts(client, 3)).toEqual(['composite Now__e', 'collection Now__e', 'the last']);
  });

  test('is told of before it is published, by the EventUuid it will have', async () => {
    const client = await listener('/event/Now__e');
    const answer = await org.ask('POST', 'sobjects/Now__e', { Text__c: 'known' });
    const [message] = z.array(Message).parse(await client.poll());
    expect(answer).toMatchObject({
      status: 201,
      body: {
        success: true,
        errors: [
          { statusCode: 'OPERATION_ENQUEUED', message: message?.event.EventUuid, fields: [] },
        ],
      },
    });
  });

  test('on a custom channel comes when the channel’s filter lets it through', async () => {
    const tooling = async (type: string, FullName: string, Metadata: object) => {
      const made = await org.ask('POST', `tooling/sobjects/${type}`, { FullName, Metadata });
      expect(made).toMatchObject({ status: 201 });
    };
    await tooling('PlatformEventChannel', 'Own__chn', { channelType: 'event', label: 'Own' });
    await tooling('PlatformEventChannelMember', 'Own_chn_Now', {
      eventChannel: 'Own__chn',
      selectedEntity: 'Now__e',
      filterExpression: "Text__c LIKE 'yes%'",
    });
    await tooling('PlatformEventChannelMember', 'Own_chn_Later', {
      eventChannel: 'Own__chn',
      selectedEntity: 'Later__e',
    });
    const client = await listener('/event/Own__chn');
    for (const [type, Text__c] of [
      ['Now__e', 'no'],
      ['Now__e', 'yes, this'],
      ['Later__e', 'this too'],
    ])
      await org.ask('POST', `sobjects/${type}`, { Text__c });
    expect(await texts(client, 2)).toEqual(['yes, this', 'this too']);
  });

  test('beyond the hour’s is refused, and the next hour has its own', async () => {
    const limits = async () =>
      Limits.parse((await org.ask('GET', 'limits')).body).HourlyPublishedPlatformEvents;
    const { Max, Remaining } = await limits();
    await settings({ publishedEventsPerHourMax: Max - Remaining + 1 });
    expect(await limits()).toMatchObject({ Remaining: 1 });
    const attributes = { type: 'Later__e' };
    const records = [1, 2].map((number) => ({ attributes, Text__c: `${number}` }));
    const { body } = await org.ask('POST', 'composite/sobjects', { records });
    expect(body).toMatchObject([
      { success: true },
      { success: false, errors: [{ statusCode: 'LIMIT_EXCEEDED' }] },
    ]);
    expect(await org.ask('POST', 'sobjects/Now__e', { Text__c: 'x' })).toMatchObject({
      status: 400,
      body: [{ errorCode: 'LIMIT_EXCEEDED' }],
    });
    await settings({ clockOffsetMs: 3_600_000 });
    expect(await org.ask('POST', 'sobjects/Now__e', { Text__c: 'x' })).toMatchObject({
      status: 201,
    });
    await settings({ clockOffsetMs: 0, publishedEventsPerHourMax: Max });
  });

  test('is not of standard volume, nor published in any other way', async () => {
    const wrong = [
      '<eventType>StandardVolume</eventType>',
      '<publishBehavior>Soon</publishBehavior>',
    ];
    for (const part of wrong) {
      const files = { 'objects/Old__e.object': definition(part, '') };
      expect(await deploy(org.org, { CustomObject: ['Old__e'] }, files)).toContainEqual(
        expect.stringMatching(/Old__e: (?:eventType: StandardVolume is not|publishBehavior: Soon)/),
      );
    }
  });
});

function definition(behaviour: string, volume = '<eventType>HighVolume</eventType>'): string {
  return metadataXml(
    'CustomObject',
    `<deploymentStatus>Deployed</deploymentStatus>${volume}${behaviour}<label>Event</label><pluralLabel>Events</pluralLabel>
     <fields><fullName>Text__c</fullName><label>Text</label><type>Text</type><length>40</length></fields>`,
  );
}

function post(referenceId: string, path: string, body: object): object {
  return { method: 'POST', url: `/services/data/v60.0/${path}`, referenceId, body };
}

async function settings(changes: object): Promise<void> {
  expect(await org.ask('PATCH', '/admin/settings', changes)).toMatchObject({ status: 200 });
}

async function listener(...channels: readonly string[]): Promise<Bayeux> {
  const client = await org.connect();
  for (const channel of channels)
    expect(await client.subscribe(channel)).toMatchObject({ successful: true });
  return client;
}

async function texts(client: Bayeux, count: number): Promise<readonly string[]> {
  const found: string[] = [];
  while (found.length < count)
    found.push(
      ...z
        .array(Message)
        .parse(await client.poll())
        .map(({ payload }) => payload.Text__c),
    );
  return found;
}
