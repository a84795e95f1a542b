import type { Org } from '../org.ts';
import type { Channel } from '../streaming/channels.ts';
import type { StreamEvent } from '../streaming/event.ts';
import type { EventFeed } from '../streaming/feed.ts';
import { restrictEvent } from '../streaming/restrict.ts';
import type { SeenOrg } from '../streaming/seen-org.ts';
import { Subscription } from '../streaming/subscription.ts';
import type { Codecs } from './codecs.ts';
import { REQUESTED_EVENTS_MAX } from './limits.ts';
import { encodeReplayId } from './replay-id.ts';
import { refusal } from './status.ts';

export interface DeliveryPorts {
  readonly org: Pick<Org, 'pool' | 'schema' | 'settings' | 'log' | 'clock' | 'injector' | 'usage'>;
  /** The org as the caller may see it now. */
  seen(): Promise<SeenOrg>;
  readonly feed: EventFeed;
  readonly codecs: Codecs;
}

/** An event as the Pub/Sub API sends it. */
export interface ConsumerEvent {
  readonly event: object;
  readonly replayId: Buffer;
}

/** Where a subscriber's events go, and what ends it. */
export interface Outlet {
  send(events: readonly ConsumerEvent[]): void;
  fail(error: unknown): void;
}

/** Gives the events of a channel to one subscriber, encoded, as many as he has asked for and no more. */
export class Delivery {
  readonly #ports: DeliveryPorts;
  readonly #channel: Channel;
  readonly #subscription: Subscription;
  readonly #out: Outlet;
  /** Asked for, and not yet taken from the channel. */
  #pending = 0;
  /** Those that were taken are sent one batch after the other. */
  #sending: Promise<void> = Promise.resolve();
  #sentThrough: number;
  /** Taken, and neither sent nor counted yet. */
  #inFlight = 0;
  #closed = false;

  constructor(
    ports: DeliveryPorts,
    from: { readonly channel: Channel; readonly after: number },
    out: Outlet,
  ) {
    const { channel, after } = from;
    this.#ports = ports;
    this.#channel = channel;
    this.#out = out;
    this.#sentThrough = after;
    this.#subscription = new Subscription({
      feed: ports.feed,
      filter: channel.filter,
      ...(channel.shape === undefined ? {} : { shape: channel.shape }),
      after,
      log: ports.org.log,
      room: () => this.#room(),
      give: (events) => {
        this.#pending -= events.length;
        this.#inFlight += events.length;
        this.#sending = this.#sending.then(() => this.#send(events));
      },
    });
  }

  /** The newest event he has got, or that was not for him. */
  get position(): number {
    return this.#pending === 0 ? this.#sentThrough : this.#subscription.position;
  }

  get sentThrough(): number {
    return this.#sentThrough;
  }

  get pending(): number {
    return this.#pending;
  }

  /** He is ready for so many more. @throws PubSubError */
  request(count: number): void {
    if (this.#pending + count > REQUESTED_EVENTS_MAX) throw refusal('subscription.fetch.overflow');
    this.#pending += count;
    this.#subscription.resume();
  }

  close(): void {
    this.#closed = true;
    this.#subscription.close();
  }

  #room(): number {
    if (this.#pending === 0) return 0;
    const { usage, settings, clock } = this.#ports.org;
    const { allotment } = this.#channel;
    const left =
      usage.max({ settings }, allotment) - usage.used({ clock }, allotment) - this.#inFlight;
    if (left <= 0) {
      // What has been taken from the channel already still goes out.
      this.#sending = this.#refuseAfter(this.#sending);
    }
    return Math.max(0, Math.min(this.#pending, left));
  }

  async #refuseAfter(sending: Promise<void>): Promise<void> {
    await sending;
    this.#out.fail(refusal('subscription.limit.exceeded'));
  }

  async #send(events: readonly StreamEvent[]): Promise<void> {
    try {
      const { org, codecs } = this.#ports;
      const whole = org.schema();
      const visible = (await this.#ports.seen()).schema();
      const own = events.flatMap((event) => restrictEvent(event, { whole, visible }) ?? []);
      const last = events.at(-1);
      const encoded: ConsumerEvent[] = [];
      for (const event of own) {
        const { schemaId, payload } = await codecs.encode(event);
        encoded.push({
          event: { id: event.uuid, schemaId, payload, headers: [] },
          replayId: encodeReplayId(event.replayId),
        });
      }
      if (this.#closed) return;
      if (last !== undefined) this.#sentThrough = last.replayId;
      // What he may not see does not count as what he has asked for.
      this.#pending += events.length - own.length;
      if (encoded.length > 0) {
        org.usage.add(org, this.#channel.allotment, encoded.length);
        this.#out.send(encoded);
      } else {
        this.#subscription.resume();
      }
    } catch (error) {
      this.#out.fail(error);
    } finally {
      this.#inFlight -= events.length;
    }
  }
}
