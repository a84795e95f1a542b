import { randomBytes } from 'node:crypto';

import cometdServer, {
  type CometDServer,
  type ServerChannel,
  type ServerMessage,
  type ServerSession,
} from 'cometd-nodejs-server';
import type { Request, Response } from 'express';

import type { Org } from '../org.ts';
import { tokenOf, type Authenticator, type Session } from '../session.ts';
import { Callers } from './callers.ts';
import { CometdClient } from './cometd-client.ts';
import {
  BROWSER_COOKIE,
  cookieOf,
  Messages,
  refusalOfCaller,
  refusalOfPermissions,
  refusalOfVersion,
  versionOf,
  type Admission,
} from './cometd-request.ts';
import { findStart, type Start } from './cometd-start.ts';
import type { EventFeed } from './feed.ts';
import { CONNECT_TIMEOUT_MS, RECONNECT_WITHIN_MS, SWEEP_SESSIONS_MS } from './limits.ts';
import * as refusals from './refusal.ts';
import type { SeesUsers } from './seen-org.ts';

export interface CometdPorts {
  readonly org: Pick<Org, 'pool' | 'schema' | 'log' | 'usage' | 'settings' | 'clock' | 'injector'> &
    SeesUsers;
  readonly authenticator: Authenticator;
  readonly feed: EventFeed;
}

/**
 * Salesforce's dialect of CometD on the CometD project's own server: the library keeps the protocol (handshakes, polls,
 * queues, timeouts); what is here decides who may enter, which channels there are, and what is delivered from where.
 */
export class Cometd implements AsyncDisposable {
  readonly #ports: CometdPorts;
  readonly #server: CometDServer;
  readonly #callers: Callers;
  readonly #clients = new Map<string, CometdClient>();
  readonly #unanswered = new Set<Response>();
  readonly #admissions = new WeakMap<ServerMessage, Admission>();
  readonly #refused = new WeakMap<ServerMessage, refusals.Refusal>();
  /** Channels and starting points of a subscribe message, found while it was being allowed. */
  readonly #starts = new WeakMap<ServerMessage, Map<string, Start>>();

  constructor(ports: CometdPorts) {
    this.#ports = ports;
    this.#callers = new Callers(ports);
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
      this.#clients.get(session.id)?.end(channel.name);
    });
  }

  /** Clients at present. */
  get clients(): number {
    return this.#clients.size;
  }

  /** Those who listen to a channel now. */
  usersOn(channelName: string): ReadonlySet<string> {
    return new Set(
      [...this.#clients.values()]
        .filter((client) => client.listensTo(channelName))
        .map(({ identity }) => identity.userId),
    );
  }

  /** Tells the clients whose sessions have ended since their poll began: Salesforce does not wait for the next one. */
  async checkSessions(): Promise<void> {
    const clients = [...this.#clients.values()];
    for (const token of new Set(clients.map((client) => client.token))) {
      const { session, seen } = await this.#callers.find(token, { mayBeRecent: false });
      const refusal =
        session === undefined ? refusals.AUTHENTICATION_INVALID : refusalOfPermissions(seen);
      for (const client of clients.filter((one) => one.token === token)) {
        client.seen = seen ?? client.seen;
        if (refusal !== undefined) client.refuse(refusal);
      }
    }
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
    const isPoll = messages.data.every(({ channel }) => channel === '/meta/connect');
    const { session, seen } = await this.#callers.find(token, { mayBeRecent: isPoll });
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
      if (client !== undefined && session !== undefined && refusal === undefined) {
        client.seen = seen;
        client.token = session.accessToken;
        client.refuse(undefined);
      }
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
    return clientId === undefined ? undefined : this.#clients.get(clientId)?.identity.browserId;
  }

  #refusalOfClient(
    message: ServerMessage,
    by: { readonly session: Session | undefined; readonly sentCookie: string | undefined },
  ): refusals.Refusal | undefined {
    if (message.channel === '/meta/handshake') {
      const { streamingClientsMax } = this.#ports.org.settings;
      return this.#clients.size >= streamingClientsMax ? refusals.TOO_MANY_CLIENTS : undefined;
    }
    const client = message.clientId === undefined ? undefined : this.#clients.get(message.clientId);
    if (client === undefined || message.clientId === undefined) return undefined;
    if (client.identity.userId !== by.session?.userId) return refusals.UNKNOWN_CLIENT;
    if (by.sentCookie !== undefined) client.sendsCookie = true;
    else if (client.sendsCookie) return refusals.cookieMissing(message.clientId, BROWSER_COOKIE);
    if (message.channel === '/meta/connect' && message.connectionType !== 'long-polling') {
      return refusals.INVALID_CONNECTION_TYPE;
    }
    return message.channel === '/meta/connect' ? client.refusal : undefined;
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
    const refusal = this.#refused.get(message) ?? this.#refusalOfHeld(session, message);
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

  /** A poll that was held has been ended because its client may not go on. */
  #refusalOfHeld(
    session: ServerSession | null,
    message: ServerMessage,
  ): refusals.Refusal | undefined {
    if (session === null || message.channel !== '/meta/connect') return undefined;
    return this.#clients.get(session.id)?.refusal;
  }

  async #answer(
    message: ServerMessage,
    channel: string,
    callback: (error: undefined, allowed: boolean) => void,
  ): Promise<void> {
    const allowed = await this.#allow(message, channel);
    // The library forgets channels that nobody is on, also while this was being found out; then it would fail on its own.
    for (const name of [message.subscription ?? channel].flat())
      this.#server.createServerChannel(name);
    callback(undefined, allowed);
  }

  /** Whether a client may subscribe to a channel: it must exist, and so must the place to begin at. */
  async #allow(message: ServerMessage, name: string): Promise<boolean> {
    try {
      const { org, feed } = this.#ports;
      const seen = this.#admissions.get(message)?.seen ?? org;
      const start = await findStart({ org, feed, seen }, message, name);
      if ('error' in start) return this.#refuse(message, start);
      const starts = this.#starts.get(message) ?? new Map<string, Start>();
      this.#starts.set(message, starts.set(name, start));
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
    const { apiVersion, browserId, seen } = admission;
    const { userId, accessToken } = admission.session;
    const identity = { userId, apiVersion, browserId };
    const client = new CometdClient(this.#ports, session, { identity, token: accessToken, seen });
    this.#clients.set(session.id, client);
  }

  #begin(channel: ServerChannel, session: ServerSession, message: ServerMessage): void {
    const start = this.#starts.get(message)?.get(channel.name);
    if (start !== undefined) this.#clients.get(session.id)?.begin(start.channel, start.after);
  }

  #forget(sessionId: string): void {
    this.#clients.get(sessionId)?.close();
    this.#clients.delete(sessionId);
  }
}
