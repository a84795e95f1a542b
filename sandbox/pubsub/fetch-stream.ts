import { randomUUID } from 'node:crypto';

import type { ServerDuplexStream } from '@grpc/grpc-js';

import { messageOf } from '../../src/kit/fault.ts';
import { findReplayStart, REPLAY_ALL, REPLAY_NEW } from '../streaming/replay.ts';
import { Delivery, type ConsumerEvent, type DeliveryPorts } from './delivery.ts';
import { KEEPALIVE_MS } from './limits.ts';
import { FetchRequest, REPLAY_EARLIEST, REPLAY_LATEST } from './messages.ts';
import { decodeReplayId, encodeReplayId } from './replay-id.ts';
import { PubSubError, refusal } from './status.ts';
import { getTopic, type Topic } from './topics.ts';

export type Duplex = ServerDuplexStream<unknown, object>;

/** A call that gives events until it ends: Subscribe and ManagedSubscribe. Requests are served one after the other. */
export abstract class EventStream {
  protected readonly ports: DeliveryPorts;
  readonly #call: Duplex;
  protected delivery: Delivery | undefined;
  #sentAt: number;
  #work: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(ports: DeliveryPorts, call: Duplex) {
    this.ports = ports;
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

  /** Serves one request. @throws PubSubError */
  protected abstract serve(request: unknown): Promise<void>;

  /** Whether it has a topic and a place to begin at. */
  get begun(): boolean {
    return this.delivery !== undefined;
  }

  get closed(): boolean {
    return this.#closed;
  }

  close(): void {
    this.#closed = true;
    this.delivery?.close();
  }

  /** Ends the call well. */
  end(): void {
    if (this.#closed) return;
    this.close();
    this.#call.end();
  }

  /** Ends the call with an error: emitted, so that the status goes out with its trailer. */
  fail(error: unknown): void {
    if (this.#closed) return;
    if (!(error instanceof PubSubError)) {
      this.ports.org.log.error({ err: error }, `fetching events failed: ${messageOf(error)}`);
    }
    this.close();
    this.#call.emit(
      'error',
      error instanceof PubSubError ? error : refusal('service.internal.error'),
    );
  }

  /** Says that it is still there, when it has had nothing to say for long. */
  keepAlive(): void {
    if (this.#closed || this.delivery === undefined) return;
    if (this.ports.org.clock.now() - this.#sentAt >= KEEPALIVE_MS) this.send([]);
  }

  protected begin(topic: Topic, after: number): void {
    this.delivery = new Delivery(
      this.ports,
      { channel: topic.channel, after },
      {
        send: (events) => {
          this.send(events);
        },
        fail: (error) => {
          this.fail(error);
        },
      },
    );
  }

  protected send(events: readonly ConsumerEvent[], more: object = {}): void {
    if (this.#closed) return;
    this.#sentAt = this.ports.org.clock.now();
    this.#call.write({
      events,
      latestReplayId: encodeReplayId(this.delivery?.position ?? 0),
      rpcId: randomUUID(),
      pendingNumRequested: this.delivery?.pending ?? 0,
      ...more,
    });
  }

  async #serve(message: unknown): Promise<void> {
    if (this.#closed) return;
    try {
      await this.serve(message);
    } catch (error) {
      this.fail(error);
    }
  }
}

/** One Subscribe call: its first request says which topic and from where. */
export class FetchStream extends EventStream {
  #topic: string | undefined;

  protected override async serve(message: unknown): Promise<void> {
    const request = FetchRequest.parse(message);
    if (request.numRequested < 1) throw refusal('subscription.fetch.requested.events.invalid');
    if (this.#topic === undefined) {
      const topic = await getTopic(await this.ports.seen(), request.topicName);
      const after = await this.#startOf(topic, request);
      this.#topic = request.topicName;
      this.begin(topic, after);
    } else if (request.topicName !== '' && request.topicName !== this.#topic) {
      throw refusal('subscription.fetch.topic.mismatch');
    }
    this.delivery?.request(request.numRequested);
  }

  async #startOf({ channel }: Topic, { replayPreset, replayId }: FetchRequest): Promise<number> {
    const custom = replayPreset !== REPLAY_LATEST && replayPreset !== REPLAY_EARLIEST;
    if (custom && replayId.length === 0)
      throw refusal('subscription.fetch.replayid.validation.failed');
    const wanted = custom
      ? decodeReplayId(replayId)
      : replayPreset === REPLAY_LATEST
        ? REPLAY_NEW
        : REPLAY_ALL;
    const { org, feed } = this.ports;
    const start =
      wanted === undefined ? undefined : await findReplayStart({ ...org, feed }, channel, wanted);
    if (start === undefined) throw refusal('subscription.fetch.replayid.corrupted');
    return start;
  }
}
