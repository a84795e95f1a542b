import { CometD } from 'cometd';
import * as cometdNode from 'cometd-nodejs-client';
import faye from 'faye';
import { Connection } from 'jsforce';
import { StreamingExtension } from 'jsforce/lib/api/streaming.js';
import PubSubApiClient from 'salesforce-pubsub-api-client';
import { z } from 'zod';

import { until } from '../../support/until.ts';

const VERSION = '60.0';

/** An event as its channel numbers it. */
export interface Heard {
  readonly channel: string;
  readonly replayId: number;
}

/** One of the clients that people use, listening to some channels from where it is told to. */
interface Listener extends AsyncDisposable {
  readonly heard: readonly Heard[];
}

export interface Org {
  readonly url: string;
  readonly port: number;
  readonly token: string;
  readonly orgId: string;
}

/** From which replay id on, by channel: −1 what is new, −2 all that is kept, N what came after N. */
export type From = Readonly<Record<string, number>>;

const Message = z.looseObject({ event: z.looseObject({ replayId: z.number() }) });

const heardOn = (heard: Heard[], channel: string, message: unknown): void => {
  heard.push({ channel, replayId: Message.parse(message).event.replayId });
};

async function listenWithJsforce({ url, token }: Org, from: From): Promise<Listener> {
  const connection = new Connection({ instanceUrl: url, accessToken: token, version: VERSION });
  const heard: Heard[] = [];
  const clients: unknown[] = [];
  // Its replay extension knows one channel, so each has a client.
  for (const [channel, replayId] of Object.entries(from)) {
    const client = connection.streaming.createClient([
      new StreamingExtension.Replay(channel, replayId),
    ]);
    clients.push(client);
    await client.subscribe(channel, (message: unknown) => {
      heardOn(heard, channel, message);
    });
  }
  return {
    heard,
    async [Symbol.asyncDispose]() {
      for (const client of clients) await disconnect(client);
    },
  };
}

async function listenWithFaye({ url, token }: Org, from: From): Promise<Listener> {
  const client = new faye.Client(`${url}/cometd/${VERSION}`);
  client.setHeader('Authorization', `OAuth ${token}`);
  client.addExtension({
    outgoing(message: Record<string, unknown>, callback: (message: unknown) => void) {
      callback(
        message['channel'] === '/meta/subscribe' ? { ...message, ext: { replay: from } } : message,
      );
    },
  });
  const heard: Heard[] = [];
  for (const channel of Object.keys(from))
    await client.subscribe(channel, (message: unknown) => {
      heardOn(heard, channel, message);
    });
  return { heard, [Symbol.asyncDispose]: () => disconnect(client) };
}

async function listenWithCometd({ url, token }: Org, from: From): Promise<Listener> {
  cometdNode.adapt();
  const client = new CometD();
  client.unregisterTransport('websocket');
  client.configure({
    url: `${url}/cometd/${VERSION}`,
    appendMessageTypeToURL: false,
    requestHeaders: { Authorization: `OAuth ${token}` },
  });
  const heard: Heard[] = [];
  await new Promise((resolve) => {
    client.handshake(resolve);
  });
  for (const [channel, replayId] of Object.entries(from))
    await new Promise((resolve) => {
      client.subscribe(
        channel,
        ({ data }) => {
          heardOn(heard, channel, data);
        },
        { ext: { replay: { [channel]: replayId } } },
        resolve,
      );
    });
  return {
    heard,
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => {
        client.disconnect(resolve);
      });
    },
  };
}

const QUIET = { debug: nothing, info: nothing, warn: nothing, error: nothing };
const PubSubEvent = z.looseObject({ replayId: z.number() });

/**
 * It knows change and platform events only. Closed while its streams are open it would die of their errors, so its end
 * waits for theirs: the org must be gone first.
 */
async function listenOverPubSub({ port, token, orgId }: Org, from: From): Promise<Listener> {
  const client = new PubSubApiClient(
    {
      authType: 'user-supplied',
      accessToken: token,
      instanceUrl: 'https://127.0.0.1',
      organizationId: orgId,
      pubSubEndpoint: `localhost:${port + 2}`,
      rejectUnauthorizedSsl: false,
    },
    QUIET,
  );
  await client.connect();
  const heard: Heard[] = [];
  const open = new Set<string>();
  for (const [channel, replayId] of Object.entries(from)) {
    if (!/^\/(?:data|event)\//.test(channel)) continue;
    const receive = (_subscription: unknown, kind: string, data?: unknown): void => {
      if (kind === 'error' || kind === 'end') open.delete(channel);
      if (kind === 'event') heard.push({ channel, replayId: PubSubEvent.parse(data).replayId });
    };
    open.add(channel);
    if (replayId === -2) client.subscribeFromEarliestEvent(channel, receive, 100);
    else client.subscribeFromReplayId(channel, receive, 100, replayId);
  }
  return {
    heard,
    async [Symbol.asyncDispose]() {
      await until(() => (open.size === 0 ? true : undefined), { what: 'the streams to end' });
      client.close();
    },
  };
}

export const CLIENTS = {
  jsforce: listenWithJsforce,
  faye: listenWithFaye,
  cometd: listenWithCometd,
  'salesforce-pubsub-api-client': listenOverPubSub,
} as const;

/** Faye's client can, though jsforce's types do not say so. */
async function disconnect(client: unknown): Promise<void> {
  const end: unknown = Reflect.get(Object(client), 'disconnect');
  if (typeof end === 'function') await end.call(client);
}

function nothing(): void {
  // These clients tell a lot.
}
