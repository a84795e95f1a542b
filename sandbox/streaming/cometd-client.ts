import type { ServerSession } from 'cometd-nodejs-server';
import { z } from 'zod';

import type { Org } from '../org.ts';
import type { Channel } from './channels.ts';
import type { StreamEvent } from './event.ts';
import type { EventFeed } from './feed.ts';
import { SESSION_QUEUE_MAX } from './limits.ts';
import { messageOf } from './message.ts';
import * as refusals from './refusal.ts';
import { readable } from './readable.ts';
import { restrictEvent } from './restrict.ts';
import type { SeenOrg } from './seen-org.ts';
import { Subscription } from './subscription.ts';

export interface ClientPorts {
  readonly org: Pick<Org, 'pool' | 'schema' | 'log' | 'usage' | 'settings' | 'clock'>;
  readonly feed: EventFeed;
}

/** Who has shaken hands, and with what. */
export interface ClientIdentity {
  readonly userId: string;
  readonly apiVersion: number;
  readonly browserId: string;
}

/** Ids come with 15 characters or 18. */
const isSame = (one: string, other: string): boolean => one.slice(0, 15) === other.slice(0, 15);

/** A message that only makes a held poll be answered, and is taken out before it is. */
const WAKE_CHANNEL = '/sandbox/wake';
const Queued = z.looseObject({ channel: z.string() });

/** What the org knows of a CometD client beside what the library does: what it listens to, and why it may not go on. */
export class CometdClient {
  readonly identity: ClientIdentity;
  /** The token of its last request. */
  token: string;
  /** The org as he may see it, found anew with every request of his. */
  seen: SeenOrg | undefined;
  /** Whether it has ever sent its cookie back: then it must go on doing so. Clients without a cookie jar are let be. */
  sendsCookie = false;
  readonly #ports: ClientPorts;
  readonly #session: ServerSession;
  readonly #subscriptions = new Map<
    string,
    { readonly channel: Channel; readonly subscription: Subscription }
  >();
  /** Messages that wait for its next poll. */
  #waiting = 0;
  #woken = false;
  #refusal: refusals.Refusal | undefined;

  constructor(
    ports: ClientPorts,
    session: ServerSession,
    of: {
      readonly identity: ClientIdentity;
      readonly token: string;
      readonly seen: SeenOrg | undefined;
    },
  ) {
    this.#ports = ports;
    this.#session = session;
    this.identity = of.identity;
    this.token = of.token;
    this.seen = of.seen;
    session.addListener('queueDrain', (_session: ServerSession, queue: unknown[]) => {
      const messages = queue.filter(
        (item) => Queued.safeParse(item).data?.channel !== WAKE_CHANNEL,
      );
      queue.splice(0, queue.length, ...messages);
      this.#waiting = 0;
      this.#woken = false;
      for (const { subscription } of this.#subscriptions.values()) subscription.resume();
    });
  }

  /** Why its polls are refused; undefined as long as it may go on. */
  get refusal(): refusals.Refusal | undefined {
    const exhausted = [...this.#subscriptions.values()].some(
      ({ channel }) => this.#left(channel) <= 0,
    );
    return this.#refusal ?? (exhausted ? refusals.TOO_MANY_EVENTS : undefined);
  }

  /** Refuses its polls from now on, the one that is held among them; undefined: no longer. */
  refuse(refusal: refusals.Refusal | undefined): void {
    this.#refusal = refusal;
    if (refusal !== undefined) this.#wake();
  }

  listensTo(channelName: string): boolean {
    return this.#subscriptions.has(channelName);
  }

  begin(channel: Channel, after: number): void {
    const subscription = new Subscription({
      feed: this.#ports.feed,
      filter: channel.filter,
      shape: async (events) =>
        readable(channel.shape === undefined ? events : await channel.shape(events), {
          pool: this.#ports.org.pool,
          visible: this.seen?.schema() ?? this.#ports.org.schema(),
        }),
      after,
      log: this.#ports.org.log,
      room: () => this.#room(channel),
      give: (events) => {
        this.#give(channel, events);
      },
    });
    this.#subscriptions.set(channel.name, { channel, subscription });
    subscription.resume();
  }

  end(channelName: string): void {
    this.#subscriptions.get(channelName)?.subscription.close();
    this.#subscriptions.delete(channelName);
  }

  close(): void {
    for (const name of this.#subscriptions.keys()) this.end(name);
  }

  /** What is beyond the day's deliveries stays where it is, to be replayed when there are some again. */
  #room(channel: Channel): number {
    const left = this.#left(channel);
    if (left <= 0) this.#wake();
    return Math.max(0, Math.min(SESSION_QUEUE_MAX - this.#waiting, left));
  }

  #left({ allotment }: Channel): number {
    const { usage, settings, clock } = this.#ports.org;
    return usage.max({ settings }, allotment) - usage.used({ clock }, allotment);
  }

  #give(channel: Channel, events: readonly StreamEvent[]): void {
    const whole = this.#ports.org.schema();
    const visible = this.seen?.schema() ?? whole;
    const { userId, apiVersion } = this.identity;
    const own = events
      .filter(({ audience }) => audience?.some((id) => isSame(id, userId)) ?? true)
      .flatMap((event) => restrictEvent(event, { whole, visible }) ?? []);
    if (own.length === 0) return;
    this.#ports.org.usage.add(this.#ports.org, channel.allotment, own.length);
    this.#session.batch(() => {
      for (const event of own) {
        this.#waiting += 1;
        this.#session.deliver(null, channel.name, messageOf(event, apiVersion));
      }
    });
  }

  #wake(): void {
    if (this.#woken) return;
    this.#woken = true;
    this.#session.deliver(null, WAKE_CHANNEL, null);
  }
}
