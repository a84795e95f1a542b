import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { z } from 'zod';

import { Bayeux } from './bayeux.ts';
import { startEventOrg, TOKEN, type EventOrg } from './event-org.ts';

const Replies = z.array(z.looseObject({ clientId: z.string().optional() }));
const OTHER_TOKEN = '00D000000000001!other';

let org: EventOrg;
beforeAll(async () => {
  org = await startEventOrg();
});
afterAll(async () => {
  await org[Symbol.asyncDispose]();
});

describe('CometD says no in Salesforce’s words', () => {
  test('at the handshake', async () => {
    const denied = {
      successful: false,
      error: '403::Handshake denied',
      advice: { reconnect: 'none' },
    };
    expect(await handshake('/cometd/60.0', 'wrong')).toMatchObject({
      ...denied,
      ext: { sfdc: { failureReason: '401::Authentication invalid' } },
    });
    expect(await handshake('/cometd/60.0', undefined)).toMatchObject({
      ...denied,
      ext: { sfdc: { failureReason: '401::Request requires authentication' } },
    });
    expect(await handshake('/cometd', TOKEN)).toMatchObject({
      successful: false,
      error: "400::API version in the URI is mandatory. URI format: '/cometd/NN.0'",
    });
    expect(await handshake('/cometd/36.0', TOKEN)).toMatchObject({
      successful: false,
      error: expect.stringContaining(
        "400::Unsupported API version. Only API versions '37.0' and later",
      ),
    });
    expect(await handshake('/cometd/37.0/handshake', TOKEN)).toMatchObject({
      successful: true,
      version: '1.0',
      minimumVersion: '1.0',
      supportedConnectionTypes: ['long-polling'],
      advice: { interval: 0, timeout: 110_000, reconnect: 'retry' },
      ext: { replay: true, 'payload.format': true },
    });
  });

  test('to a client it does not know, or whose session belongs to another', async () => {
    const unknown = {
      successful: false,
      error: '403::Unknown client',
      advice: { reconnect: 'handshake' },
    };
    const connect = { channel: '/meta/connect', connectionType: 'long-polling' };
    expect(
      await new Bayeux(`${org.url}/cometd/60.0`, TOKEN).ask({ ...connect, clientId: 'nobody' }),
    ).toMatchObject(unknown);
    const owner = new Bayeux(`${org.url}/cometd/60.0`, TOKEN);
    await owner.handshake();
    expect(
      await new Bayeux(`${org.url}/cometd/60.0`, OTHER_TOKEN).ask({
        ...connect,
        clientId: owner.clientId,
      }),
    ).toMatchObject(unknown);
  });

  test('to a poll whose token was revoked a second ago, or that is no long poll', async () => {
    const client = new Bayeux(`${org.url}/cometd/60.0`, TOKEN);
    await client.handshake();
    expect(
      await client.ask({ channel: '/meta/connect', connectionType: 'websocket' }),
    ).toMatchObject({
      successful: false,
      error: '400::Invalid connection type',
    });
    org.revoked.add(TOKEN);
    org.advance(1_000);
    expect(
      await client.ask({ channel: '/meta/connect', connectionType: 'long-polling' }),
    ).toMatchObject({
      successful: false,
      error: '401::Authentication invalid',
      advice: { reconnect: 'none' },
    });
    org.revoked.delete(TOKEN);
  });

  test('to a subscription of a channel that does not exist, and to a publisher', async () => {
    const client = new Bayeux(`${org.url}/cometd/60.0`, TOKEN);
    await client.handshake();
    for (const channel of [
      '/topic/Nothing',
      '/data/NothingChangeEvent',
      '/u/nothing',
      '/event/Nothing__e',
      '/x',
      '/data/**',
    ]) {
      expect(await client.subscribe(channel)).toMatchObject({
        successful: false,
        subscription: channel,
        error: `400::The channel you requested to subscribe to doesn't exist {${channel}}`,
      });
    }
    expect(await client.ask({ channel: '/data/ContactChangeEvent', data: {} })).toMatchObject({
      successful: false,
    });
  });

  test('to a client that has a cookie and stops sending it', async () => {
    const call = async (body: object, cookie?: string) => {
      const response = await fetch(`${org.url}/cometd/60.0`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${TOKEN}`,
          'content-type': 'application/json',
          ...(cookie === undefined ? {} : { cookie }),
        },
        body: JSON.stringify([body]),
      });
      return {
        cookie: response.headers.get('set-cookie')?.split(';')[0],
        replies: Replies.parse(await response.json()),
      };
    };
    const greeted = await call({
      channel: '/meta/handshake',
      version: '1.0',
      supportedConnectionTypes: ['long-polling'],
    });
    const subscribe = {
      channel: '/meta/subscribe',
      subscription: '/data/ChangeEvents',
      clientId: greeted.replies[0]?.clientId,
    };
    expect((await call(subscribe, greeted.cookie)).replies).toMatchObject([{ successful: true }]);
    expect((await call(subscribe)).replies).toMatchObject([
      {
        successful: false,
        error: expect.stringMatching(/^400::Client \w+ has established a session, but no cookie/),
      },
    ]);
  });
});

function handshake(path: string, token: string | undefined): Promise<unknown> {
  return new Bayeux(org.url + path, token).handshake();
}
