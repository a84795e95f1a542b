import { randomUUID } from 'node:crypto';

import type { ServerDuplexStream } from '@grpc/grpc-js';

import { messageOf } from '../../src/kit/fault.ts';
import type { Org } from '../org.ts';
import type { StreamEvent } from '../streaming/event.ts';
import type { EventFeed } from '../streaming/feed.ts';
import { findReplayStart, REPLAY_ALL, REPLAY_NEW } from '../streaming/replay.ts';
import { restrictEvent } from '../streaming/restrict.ts';
import type { SeenOrg } from '../streaming/seen-org.ts';
import { Subscription } from '../streaming/subscription.ts';
import type { Codecs } from './codecs.ts';
import { KEEPALIVE_MS, REQUESTED_EVENTS_MAX } from './limits.ts';
import { FetchRequest, REPLAY_EARLIEST, REPLAY_LATEST } from './messages.ts';
import { decodeReplayId, encodeReplayId } from './replay-id.ts';
import {
  PubSubError,
  replayIdCorrupted,
  replayIdInvalid,
  requestedTooMany,
  topicChanged,
  unexpected,
} from './status.ts';
import { getTopic, type Topic } from './topics.ts';

export interface FetchPorts {
  readonly org: Pick<Org, 'pool' | 'schema' | 'settings' | 'log' | 'clock' | 'injector' | 'usage'>;
  /** The org as the caller may see it now. */
  seen(): Promise<SeenOrg>;
  readonly feed: EventFeed;
  readonly codecs: Codecs;
}

/**
 * One Subscribe call: gives as many events as have been asked for, no more. Requests are served one after the other; the
 * first says which topic and from where.
 */
export class FetchStream {
  readonly #ports: FetchPorts;
  readonly #call: ServerDuplexStream<unknown, object>;
  #topic: string | undefined;
  #subscription: Subscription | undefined;
  #pending = 0;
  #sentAt: number;
  #work: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(ports: FetchPorts, call: ServerDuplexStream<unknown, object>) {
    this.#ports = ports;
    this.#call = call;
    this.#sentAt = ports.org.clock.now();
    call.on('data', (request: unknown) => {
      this.#work = this.#work.then(() => this.#serve(request));
    });
    call.on('end', () => {
      this.end();
    });
    call.on('cancelled', () => {
      this.close();
    });
    call.on('error', () => {
      this.close();
    });
  }

  /** Whether it has a topic and a place to begin at. */
  get begun(): boolean {
    return this.#subscription !== undefined;
  }

  get closed(): boolean {
    return this.#closed;
  }

  close(): void {
    this.#closed = true;
    this.#subscription?.close();
  }

  /** Ends the call well. */
  end(): void {
    if (this.#closed) return;
    this.close();
    this.#call.end();
  }

  /** Ends the call with an error: emitted, so that the status goes out with its trailer. */
  fail(error: PubSubError): void {
    if (this.#closed) return;
    this.close();
    this.#call.emit('error', error);
  }

  /** Says that it is still there, when it has had nothing to say for long. */
  keepAlive(): void {
    if (this.#closed || this.#subscription === undefined) return;
    if (this.#ports.org.clock.now() - this.#sentAt >= KEEPALIVE_MS) this.#send([]);
  }

  async #serve(message: unknown): Promise<void> {
    if (this.#closed) return;
    try {
      const request = FetchRequest.parse(message);
      if (request.numRequested < 1 || this.#pending + request.numRequested > REQUESTED_EVENTS_MAX)
        throw requestedTooMany();
      if (this.#subscription === undefined) await this.#begin(request);
      else if (request.topicName !== '' && request.topicName !== this.#topic) throw topicChanged();
      this.#pending += request.numRequested;
      this.#subscription?.resume();
    } catch (error) {
      this.#failWith(error);
    }
  }

  async #begin(request: FetchRequest): Promise<void> {
    const topic = await getTopic(await this.#ports.seen(), request.topicName);
    const after = await this.#startOf(topic, request);
    this.#topic = request.topicName;
    this.#subscription = new Subscription({
      feed: this.#ports.feed,
      filter: topic.channel.filter,
      after,
      log: this.#ports.org.log,
      room: () => this.#pending,
      give: (events) => {
        this.#pending -= events.length;
        this.#work = this.#work.then(() => this.#give(events));
      },
    });
  }

  async #startOf({ channel }: Topic, { replayPreset, replayId }: FetchRequest): Promise<number> {
    const wanted =
      replayPreset === REPLAY_LATEST
        ? REPLAY_NEW
        : replayPreset === REPLAY_EARLIEST
          ? REPLAY_ALL
          : decodeReplayId(replayId);
    if (wanted === undefined) throw replayIdCorrupted();
    const start = await findReplayStart(
      { ...this.#ports.org, feed: this.#ports.feed },
      channel,
      wanted,
    );
    if (start === undefined) throw replayIdInvalid();
    return start;
  }

  async #give(events: readonly StreamEvent[]): Promise<void> {
    try {
      const whole = this.#ports.org.schema();
      const visible = (await this.#ports.seen()).schema();
      const own = events.flatMap((event) => restrictEvent(event, { whole, visible }) ?? []);
      this.#pending += events.length - own.length;
      if (own.length === 0) {
        this.#subscription?.resume();
        return;
      }
      const encoded = [];
      for (const event of own) {
        const { schemaId, payload } = await this.#ports.codecs.encode(event);
        encoded.push({
          event: { id: event.uuid, schemaId, payload, headers: [] },
          replayId: encodeReplayId(event.replayId),
        });
      }
      if (!this.#closed) this.#send(encoded);
    } catch (error) {
      this.#failWith(error);
    }
  }

  #send(events: readonly object[]): void {
    this.#sentAt = this.#ports.org.clock.now();
    this.#call.write({
      events,
      latestReplayId: encodeReplayId(this.#subscription?.position ?? 0),
      rpcId: randomUUID(),
      pendingNumRequested: this.#pending,
    });
  }

  #failWith(error: unknown): void {
    if (!(error instanceof PubSubError)) {
      this.#ports.org.log.error({ err: error }, `fetching events failed: ${messageOf(error)}`);
    }
    this.fail(error instanceof PubSubError ? error : unexpected());
  }
}
