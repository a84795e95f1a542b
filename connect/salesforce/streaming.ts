// jsforce's entry point loads every API it has; of these Connect speaks streaming through it.
import { StreamingExtension } from 'jsforce/lib/api/streaming.js';
import { Connection } from 'jsforce/lib/core.js';
import { z } from 'zod';

import type { Clock } from '../../src/kit/clock.ts';
import { messageOf } from '../../src/kit/fault.ts';
import type { Log } from '../../src/kit/log.ts';
import { Loop } from '../../src/kit/loop.ts';
import { fitName } from '../core/names.ts';
import {
  PUSH_TOPIC_NAME_CHARACTERS_MAX,
  STREAM_RETRY_FIRST_MS,
  STREAM_RETRY_MAX_MS,
} from '../limits.ts';
import type { Hint, Hints } from '../ports.ts';
import { parseJson, refused } from './answer.ts';
import { Goodbye, type FayeExtension } from './goodbye.ts';
import type { OrgSession } from './session.ts';
import { literal } from './soql.ts';

export interface StreamedObject {
  readonly object: string;
  readonly table: string;
}

export interface StreamingParts {
  readonly session: OrgSession;
  readonly clock: Clock;
  readonly log: Log;
  /** The objects whose changes are waited for now. */
  readonly objects: readonly StreamedObject[];
}

/**
 * Hears of changes in the org the moment they are published: Change Data Capture where the org offers it for the object,
 * else a PushTopic. An event only says "look": its content is not used, one that is lost costs a poll interval, and with
 * all of this dead everything still arrives.
 */
export class OrgStreaming implements Hints {
  readonly #parts: StreamingParts;
  readonly #listeners = new Set<(hint: Hint) => void>();
  readonly #replay = new Map<string, number>();

  constructor(parts: StreamingParts) {
    this.#parts = parts;
  }

  subscribe(onHint: (hint: Hint) => void): Disposable {
    this.#listeners.add(onHint);
    return {
      [Symbol.dispose]: () => {
        this.#listeners.delete(onHint);
      },
    };
  }

  /** Stays connected until told to stop. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log, objects } = this.#parts;
    if (objects.length === 0) return;
    const loop = new Loop({
      name: 'streaming',
      clock,
      log,
      backoff: { firstMs: STREAM_RETRY_FIRST_MS, maxMs: STREAM_RETRY_MAX_MS },
      turn: async (turnSignal) => {
        await this.#stayConnected(turnSignal);
        return STREAM_RETRY_FIRST_MS;
      },
    });
    await loop.run(signal);
  }

  /** One client's life; resolves when the org has turned it away, or at the stop. */
  async #stayConnected(signal: AbortSignal): Promise<void> {
    const { session, objects, log } = this.#parts;
    const version = (await session.version(signal)).slice(1);
    const { accessToken, instanceUrl } = session;
    const ended = Promise.withResolvers<void>();
    const end = (): void => {
      ended.resolve();
    };
    const goodbye = new Goodbye();
    const connection = new Connection({ accessToken, instanceUrl, version });
    const client = connection.streaming.createClient([
      new StreamingExtension.AuthFailure(end),
      this.#extension(),
      goodbye,
    ]);
    signal.addEventListener('abort', end, { once: true });
    try {
      for (const object of objects) void this.#listen(client, object, signal);
      log.info({ objects: objects.length }, 'streaming began');
      await ended.promise;
    } finally {
      signal.removeEventListener('abort', end);
      await goodbye.say(client, this.#parts.clock);
    }
    if (signal.aborted) return;
    log.info({}, 'streaming was turned away; logging in again');
    await session.renew(accessToken);
  }

  async #listen(
    client: FayeClient,
    { object, table }: StreamedObject,
    signal: AbortSignal,
  ): Promise<void> {
    const { log } = this.#parts;
    const hear = async (channel: string): Promise<void> => {
      await client.subscribe(channel, () => {
        this.#tell(table);
      });
      // What happened before we listened is not told: one look catches up.
      this.#tell(table);
    };
    try {
      await hear(changeEventChannel(object));
      return;
    } catch (error) {
      log.info({ object, reason: wordsOf(error) }, 'no change events; a PushTopic is used');
    }
    try {
      await hear(`/topic/${await this.#pushTopic(object, signal)}`);
    } catch (error) {
      log.warn({ object, reason: wordsOf(error) }, 'changes cannot be streamed; they are polled');
    }
  }

  #tell(table: string): void {
    for (const listener of this.#listeners) listener({ side: 'org', table });
  }

  /** Remembers how far each channel has been heard, so that a new handshake goes on there. */
  #extension(): FayeExtension {
    return {
      incoming: (message, callback) => {
        const event = Event.safeParse(message);
        if (event.success) this.#replay.set(event.data.channel, event.data.data.event.replayId);
        callback(message);
      },
      outgoing: (message, callback) => {
        const subscription = Subscription.safeParse(message);
        if (!subscription.success) {
          callback(message);
          return;
        }
        const { subscription: channel } = subscription.data;
        callback({
          ...subscription.data,
          ext: { replay: { [channel]: this.#replay.get(channel) ?? NEW_ONLY } },
        });
      },
    };
  }

  /** The PushTopic of an object, made where there is none. */
  async #pushTopic(object: string, signal: AbortSignal): Promise<string> {
    const { session } = this.#parts;
    const version = await session.version(signal);
    const name = pushTopicName(object);
    if ((await findPushTopic(session, name, signal)) !== undefined) return name;
    const answer = await session.send({
      method: 'POST',
      path: `/services/data/${version}/sobjects/PushTopic`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        Name: name,
        Query: `SELECT Id FROM ${object}`,
        ApiVersion: Number(version.slice(1)),
        NotifyForOperationCreate: true,
        NotifyForOperationUpdate: true,
        NotifyForOperationDelete: true,
        NotifyForOperationUndelete: true,
        NotifyForFields: 'All',
      }),
      signal,
    });
    if (answer.statusCode !== 201)
      throw await refused(answer, `The PushTopic ${name} was not made`);
    await answer.body.dump();
    return name;
  }
}

/** Takes the PushTopic of an object away, if there is one: they are few in an org. */
export async function deletePushTopic(
  session: OrgSession,
  object: string,
  signal: AbortSignal,
): Promise<void> {
  const id = await findPushTopic(session, pushTopicName(object), signal);
  if (id === undefined) return;
  const version = await session.version(signal);
  const path = `/services/data/${version}/sobjects/PushTopic/${id}`;
  const answer = await session.send({ method: 'DELETE', path, signal });
  if (answer.statusCode >= 300)
    throw await refused(answer, `A PushTopic of ${object} was not deleted`);
  await answer.body.dump();
}

async function findPushTopic(
  session: OrgSession,
  name: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const version = await session.version(signal);
  const soql = `SELECT Id FROM PushTopic WHERE Name = ${literal(name)}`;
  const answer = await session.send({
    method: 'GET',
    path: `/services/data/${version}/query?q=${encodeURIComponent(soql)}`,
    signal,
  });
  if (answer.statusCode !== 200) throw await refused(answer, 'PushTopics were not listed');
  const { records } = Topics.parse(parseJson(await answer.body.text()));
  return records[0]?.Id;
}

const Topics = z.object({ records: z.array(z.object({ Id: z.string() })) });

/** Heroku Connect's names begin so, and an org's owner knows them by it. */
export function pushTopicName(object: string): string {
  const name = `hc_${object}`;
  if (name.length <= PUSH_TOPIC_NAME_CHARACTERS_MAX) return name;
  // `fitName` marks what it cuts; the mark alone tells two long names apart.
  const mark = fitName(name.padEnd(64, '_')).slice(-8);
  return `${name.slice(0, PUSH_TOPIC_NAME_CHARACTERS_MAX - 9)}_${mark}`;
}

/** `/data/ContactChangeEvent`, `/data/Order__ChangeEvent` */
export function changeEventChannel(object: string): string {
  return object.endsWith('__c')
    ? `/data/${object.slice(0, -'__c'.length)}__ChangeEvent`
    : `/data/${object}ChangeEvent`;
}

const NEW_ONLY = -1;

const Event = z.object({
  channel: z.string(),
  data: z.object({ event: z.object({ replayId: z.number() }) }),
});
const Subscription = z.looseObject({
  channel: z.literal('/meta/subscribe'),
  subscription: z.string(),
});

type FayeClient = ReturnType<Connection['streaming']['createClient']>;

function wordsOf(error: unknown): string {
  const known = z.object({ message: z.string() }).safeParse(error);
  return known.success ? known.data.message : messageOf(error);
}
