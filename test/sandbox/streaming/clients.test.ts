import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CometD } from 'cometd';
import * as cometdNode from 'cometd-nodejs-client';
import { Connection } from 'jsforce';
import { StreamingExtension } from 'jsforce/lib/api/streaming.js';

import { until } from '../../support/until.ts';
import { startEventOrg, TOKEN, type EventOrg } from './event-org.ts';

let org: EventOrg;
beforeAll(async () => {
  org = await startEventOrg();
});
afterAll(async () => {
  await org[Symbol.asyncDispose]();
});

describe('unmodified clients receive change events', () => {
  test('jsforce, with its replay extension, also from the past', async () => {
    await org.change({ record_id: '003000000000100AAA' });
    const connection = new Connection({
      instanceUrl: org.url,
      accessToken: TOKEN,
      version: '60.0',
    });
    const client = connection.streaming.createClient([
      new StreamingExtension.Replay('/data/ContactChangeEvent', -2),
    ]);
    const received: unknown[] = [];
    const subscription = client.subscribe('/data/ContactChangeEvent', (event: unknown) =>
      received.push(event),
    );
    await subscription;
    await org.change({ record_id: '003000000000101AAA' });
    await until(() => (received.length >= 2 ? true : undefined), { what: 'two events at jsforce' });
    expect(received).toMatchObject([
      { payload: { ChangeEventHeader: { recordIds: ['003000000000100AAA'] } } },
      { payload: { ChangeEventHeader: { recordIds: ['003000000000101AAA'] } } },
    ]);
    await disconnect(client);
  });

  test('jsforce is told of a replay id that is not valid', async () => {
    const connection = new Connection({
      instanceUrl: org.url,
      accessToken: TOKEN,
      version: '60.0',
    });
    const client = connection.streaming.createClient([
      new StreamingExtension.Replay('/data/ContactChangeEvent', 5),
    ]);
    await expect(
      Promise.resolve(client.subscribe('/data/ContactChangeEvent', () => undefined)),
    ).rejects.toMatchObject({
      message: expect.stringContaining('The replayId {5} you provided was invalid.'),
    });
    await disconnect(client);
  });

  test('CometD’s own client', async () => {
    cometdNode.adapt();
    const client = new CometD();
    client.unregisterTransport('websocket');
    client.configure({
      url: `${org.url}/cometd/60.0`,
      requestHeaders: { Authorization: `OAuth ${TOKEN}` },
    });
    const received: unknown[] = [];
    await new Promise((resolve) => {
      client.handshake(resolve);
    });
    await new Promise((resolve) => {
      client.subscribe('/data/ChangeEvents', ({ data }) => received.push(data), resolve);
    });
    await org.change({ record_id: '003000000000102AAA' });
    await until(() => (received.length > 0 ? true : undefined), {
      what: 'an event at CometD’s client',
    });
    expect(received).toMatchObject([
      { payload: { ChangeEventHeader: { recordIds: ['003000000000102AAA'] } } },
    ]);
    await new Promise((resolve) => {
      client.disconnect(resolve);
    });
    await until(() => (org.cometd.clients === 0 ? true : undefined), {
      what: 'the clients to be forgotten',
    });
  });
});

/** Faye's client can, though its types do not say so. */
async function disconnect(client: object): Promise<void> {
  if ('disconnect' in client && typeof client.disconnect === 'function') await client.disconnect();
}
