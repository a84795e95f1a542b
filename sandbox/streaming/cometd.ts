import { randomBytes } from 'node:crypto';

import cometdServer, {
  type CometDServer,
  type ServerChannel,
  type ServerMessage,
  type ServerSession,
} from 'cometd-nodejs-server';
import type { Request, Response } from 'express';
import { z } from 'zod';

import type { Org } from '../org.ts';
import { tokenOf, type Authenticator, type Session } from '../session.ts';
import { findChannel, type Channel } from './channels.ts';
import {
  BROWSER_COOKIE,
  cookieOf,
  Messages,
  refusalOfCaller,
  refusalOfVersion,
  versionOf,
} from './cometd-request.ts';
import type { StreamEvent } from './event.ts';
import type { EventFeed } from './feed.ts';
import {
  CLIENTS_MAX,
  CONNECT_TIMEOUT_MS,
  RECONNECT_WITHIN_MS,
  SESSION_QUEUE_MAX,
  SWEEP_SESSIONS_MS,
} from './limits.ts';
import { messageOf } from './message.ts';
import * as refusals from './refusal.ts';
import { restrictEvent } from './restrict.ts';
import type { SeenOrg, SeesUsers } from './seen-org.ts';
import { findReplayStart, invalidReplayId, REPLAY_NEW } from './replay.ts';
import { Subscription } from './subscription.ts';

export interface CometdPorts {
  readonly org: Pick<Org, 'pool' | 'schema' | 'log'> & SeesUsers;
  readonly authenticator: Authenticator;
  readonly feed: EventFeed;
}

/** What the org knows of a client beside what the library does. */
interface Client {
  readonly userId: string;
  /** The org as he may see it, found anew with every request of his. */
  seen: SeenOrg | undefined;
  readonly apiVersion: number;
  readonly browserId: string;
  /** Whether it has ever sent its cookie back: then it must go on doing so. Clients without a cookie jar are let be. */
  sendsCookie: boolean;
  /** Messages that wait for its next poll. */
  waiting: number;
  readonly subscriptions: Map<string, Subscription>;
}

/** What was found about a message before the library sees it. */
interface Admission {
  readonly session: Session | undefined;
  readonly seen: SeenOrg | undefined;
  readonly apiVersion: number;
  readonly browserId: string;
  readonly refusal: refusals.Refusal | undefined;
}

/**
 * Salesforce's dialect of CometD on the CometD project's own server: the library keeps the protocol (handshakes, polls,
 * queues, timeouts); what is here decides who may enter, which channels there are, and what is delivered from where.
 */
export class Cometd implements AsyncDisposable {
  readonly #ports: CometdPorts;
  readonly #server: CometDServer;
  readonly #clients = new Map<string, Client>();
  readonly #unanswered = new Set<Response>();
  readonly #admissions = new WeakMap<ServerMessage, Admission>();
  readonly #refused = new WeakMap<ServerMessage, refusals.Refusal>();
  /** Channels and starting points of a subscribe message, found while it was being allowed. */
  readonly #starts = new WeakMap<
    ServerMessage,
    Map<string, { readonly channel: Channel; readonly after: number }>
  >();

  constructor(ports: CometdPorts) {
    this.#ports = ports;
    this.#server = cometdServer.createCometDServer({
      timeout: CONNECT_TIMEOUT_MS,
      interval: 0,
      maxInterval: RECONNECT_WITHIN_MS,
      sweepPeriod: SWEEP_SESSIONS_MS,
      // Salesforce serves any number of clients of one browser.
      maxSessionsPerBrowser: -1,
      browserCookieName: BROWSER_COOKIE,
    });
    this.#server.addExtension({
      incoming: (_server, _session, message, callback) => {
        callback(undefined, this.#admit(message));
      },
      outgoing: (_server, _sender, session: ServerSession | null, message, callback) => {
        this.#dress(session, message);
        callback(undefined, true);
      },
    });
    this.#server.policy = {
      canCreate: (_session, message, _name, callback) => {
        callback(undefined, message.channel === '/meta/subscribe');
      },
      canSubscribe: (_session, message, channel, callback) => {
        void this.#answer(message, channel.name, callback);
      },
      canPublish: (_session, _message, _channel, callback) => {
        callback(undefined, false);
      },
    };
    this.#server.addListener('sessionAdded', (session: ServerSession, message: ServerMessage) => {
      this.#welcome(session, message);
    });
    this.#server.addListener('sessionRemoved', (session: ServerSession) => {
      this.#forget(session.id);
    });
    this.#server.addListener(
      'subscribed',
      (channel: ServerChannel, session: ServerSession, message: ServerMessage) => {
        this.#begin(channel, session, message);
      },
    );
    this.#server.addListener('unsubscribed', (channel: ServerChannel, session: ServerSession) => {
      this.#end(channel, session);
    });
  }

  /** Clients at present. */
  get clients(): number {
    return this.#clients.size;
  }

  /** Serves a POST whose body has been read as JSON. */
  async handle(request: Request, response: Response): Promise<void> {
    const body: unknown = request.body;
    const messages = Messages.safeParse(Array.isArray(body) ? body : [body]);
    if (!messages.success) {
      response.status(400).end();
      return;
    }
    const token = tokenOf(request);
    const session =
      token === undefined ? undefined : await this.#ports.authenticator.authenticate(token);
    const seen = session === undefined ? undefined : await this.#ports.org.seenBy(session);
    const sentCookie = cookieOf(request);
    const browserId =
      sentCookie ?? this.#browserOf(messages.data) ?? randomBytes(20).toString('hex');
    const apiVersion = versionOf(request.path);
    for (const message of messages.data) {
      const refusal =
        refusalOfVersion(apiVersion) ??
        refusalOfCaller(session, token) ??
        refusalOfPermissions(seen) ??
        this.#refusalOfClient(message, { session, sentCookie });
      const client = this.#clients.get(message.clientId ?? '');
      if (client !== undefined && refusal === undefined) client.seen = seen;
      this.#admissions.set(message, {
        session,
        seen,
        apiVersion: apiVersion ?? 0,
        browserId,
        refusal,
      });
    }
    if (sentCookie === undefined) {
      // The library finds a client by its cookie; given here, it sets none, so it is set here for those who keep it.
      request.headers.cookie = [request.headers.cookie, `${BROWSER_COOKIE}=${browserId}`]
        .filter(Boolean)
        .join('; ');
      response.cookie(BROWSER_COOKIE, browserId, { path: '/cometd/', httpOnly: true });
    }
    request.body = messages.data;
    this.#unanswered.add(response);
    response.once('close', () => this.#unanswered.delete(response));
    this.#server.handle(request, response);
  }

  /**
   * Cuts every poll in flight, and stops. The clients see a lost connection, and come back when the org does; were they
   * told of a disconnect, they would stay away.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const response of this.#unanswered) response.destroy();
    for (const id of this.#clients.keys()) this.#server.getServerSession(id).disconnect();
    this.#server.close();
    await Promise.resolve();
  }

  #browserOf(messages: readonly ServerMessage[]): string | undefined {
    const clientId = messages[0]?.clientId;
    return clientId === undefined ? undefined : this.#clients.get(clientId)?.browserId;
  }

  #refusalOfClient(
    message: ServerMessage,
    by: { readonly session: Session | undefined; readonly sentCookie: string | undefined },
  ): refusals.Refusal | undefined {
    if (message.channel === '/meta/handshake') {
      return this.#clients.size >= CLIENTS_MAX ? refusals.TOO_MANY_CLIENTS : undefined;
    }
    const client = message.clientId === undefined ? undefined : this.#clients.get(message.clientId);
    if (client === undefined || message.clientId === undefined) return undefined;
    if (client.userId !== by.session?.userId) return refusals.UNKNOWN_CLIENT;
    if (by.sentCookie !== undefined) client.sendsCookie = true;
    else if (client.sendsCookie) return refusals.cookieMissing(message.clientId, BROWSER_COOKIE);
    if (message.channel === '/meta/connect' && message.connectionType !== 'long-polling') {
      return refusals.INVALID_CONNECTION_TYPE;
    }
    return undefined;
  }

  #admit(message: ServerMessage): boolean {
    const refusal = this.#admissions.get(message)?.refusal;
    if (refusal !== undefined && message.reply !== undefined)
      this.#refused.set(message.reply, refusal);
    return refusal === undefined;
  }

  /** Gives a reply Salesforce's words. */
  #dress(session: ServerSession | null, message: ServerMessage): void {
    if (!message.channel.startsWith('/meta/')) return;
    const refusal = this.#refused.get(message);
    if (refusal !== undefined) {
      refusals.refuse(message, refusal);
    } else if (message.error?.startsWith('402::') === true) {
      refusals.refuse(message, refusals.UNKNOWN_CLIENT);
    } else if (message.successful === true) {
      if (session !== null) message.clientId = session.id;
      if (message.channel === '/meta/handshake') {
        message.minimumVersion = '1.0';
        message.ext = { replay: true, 'payload.format': true };
      }
    }
  }

  async #answer(
    message: ServerMessage,
    channel: string,
    callback: (error: undefined, allowed: boolean) => void,
  ): Promise<void> {
    callback(undefined, await this.#allow(message, channel));
  }

  /** Whether a client may subscribe to a channel: it must exist, and so must the place to begin at. */
  async #allow(message: ServerMessage, name: string): Promise<boolean> {
    try {
      const seen = this.#admissions.get(message)?.seen;
      const channel = await findChannel(seen ?? this.#ports.org, name);
      if (channel === undefined) return this.#refuse(message, refusals.channelMissing(name));
      const replayId = ReplayExtension.safeParse(message.ext).data?.replay[name] ?? REPLAY_NEW;
      const after =
        typeof replayId === 'number'
          ? await findReplayStart(
              { pool: this.#ports.org.pool, feed: this.#ports.feed },
              channel,
              replayId,
            )
          : undefined;
      if (after === undefined) {
        return this.#refuse(message, { error: invalidReplayId(replayId), reconnect: 'retry' });
      }
      const starts =
        this.#starts.get(message) ?? new Map<string, { channel: Channel; after: number }>();
      this.#starts.set(message, starts.set(name, { channel, after }));
      return true;
    } catch (error) {
      this.#ports.org.log.error({ err: error, channel: name }, 'subscription failed');
      return this.#refuse(message, { error: '500::Internal server error', reconnect: 'retry' });
    }
  }

  #refuse(message: ServerMessage, refusal: refusals.Refusal): false {
    if (message.reply !== undefined) this.#refused.set(message.reply, refusal);
    return false;
  }

  #welcome(session: ServerSession, message: ServerMessage): void {
    const admission = this.#admissions.get(message);
    if (admission?.session === undefined) return;
    const client: Client = {
      userId: admission.session.userId,
      seen: admission.seen,
      apiVersion: admission.apiVersion,
      browserId: admission.browserId,
      sendsCookie: false,
      waiting: 0,
      subscriptions: new Map(),
    };
    this.#clients.set(session.id, client);
    session.addListener('queueDrain', () => {
      client.waiting = 0;
      for (const subscription of client.subscriptions.values()) subscription.resume();
    });
  }

  #begin(channel: ServerChannel, session: ServerSession, message: ServerMessage): void {
    const client = this.#clients.get(session.id);
    const start = this.#starts.get(message)?.get(channel.name);
    if (client === undefined || start === undefined) return;
    const subscription = new Subscription({
      feed: this.#ports.feed,
      filter: start.channel.filter,
      after: start.after,
      log: this.#ports.org.log,
      room: () => Math.max(0, SESSION_QUEUE_MAX - client.waiting),
      give: (events) => {
        const whole = this.#ports.org.schema();
        const visible = client.seen?.schema() ?? whole;
        const own = events.flatMap((event) => restrictEvent(event, { whole, visible }) ?? []);
        deliver(session, { client, channel: channel.name, events: own });
      },
    });
    client.subscriptions.set(channel.name, subscription);
    subscription.resume();
  }

  #end(channel: ServerChannel, session: ServerSession): void {
    const subscriptions = this.#clients.get(session.id)?.subscriptions;
    subscriptions?.get(channel.name)?.close();
    subscriptions?.delete(channel.name);
  }

  #forget(sessionId: string): void {
    const client = this.#clients.get(sessionId);
    for (const subscription of client?.subscriptions.values() ?? []) subscription.close();
    this.#clients.delete(sessionId);
  }
}

/** Who may not use the APIs may not listen either. */
function refusalOfPermissions(seen: SeenOrg | undefined): refusals.Refusal | undefined {
  return seen === undefined || seen.permissions.has('ApiEnabled')
    ? undefined
    : refusals.API_DISABLED;
}

function deliver(
  session: ServerSession,
  {
    client,
    channel,
    events,
  }: { readonly client: Client; readonly channel: string; readonly events: readonly StreamEvent[] },
): void {
  session.batch(() => {
    for (const event of events) {
      if (event.audience !== null && !event.audience.includes(client.userId)) continue;
      client.waiting += 1;
      session.deliver(null, channel, messageOf(event, client.apiVersion));
    }
  });
}

const ReplayExtension = z.object({ replay: z.record(z.string(), z.unknown()) });
