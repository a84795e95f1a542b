import { randomUUID } from 'node:crypto';
import { join } from 'node:path';

import {
  loadPackageDefinition,
  Server,
  ServerCredentials,
  type sendUnaryData,
  type ServerUnaryCall,
  type ServiceDefinition,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

import type { Certificate } from '../../src/kit/authority.ts';
import { messageOf } from '../../src/kit/fault.ts';
import { PortTaken } from '../../src/kit/listen.ts';
import { Loop } from '../../src/kit/loop.ts';
import type { Org } from '../org.ts';
import type { Authenticator, Session } from '../session.ts';
import type { SeenOrg, SeesUsers } from '../streaming/seen-org.ts';
import { findSchema } from '../streaming/store.ts';
import type { Publisher } from '../streaming/publisher.ts';
import { getCaller } from './caller.ts';
import { Codecs } from './codecs.ts';
import type { DeliveryPorts } from './delivery.ts';
import { FetchStream, type Duplex, type EventStream } from './fetch-stream.ts';
import { PUBLISH_STREAM_IDLE_MS, REQUEST_BYTES_MAX, STOP_MS, STREAM_CHECK_MS } from './limits.ts';
import { ManagedStream, type ActiveSubscriptions } from './managed-stream.ts';
import { PublishRequest, SchemaRequest, TopicRequest } from './messages.ts';
import { publish, type PublishPorts } from './publish.ts';
import { authInvalid, PubSubError, refusal, schemaMissing } from './status.ts';
import { getTopic } from './topics.ts';

export interface PubSubPorts {
  readonly org: Pick<
    Org,
    'pool' | 'schema' | 'settings' | 'log' | 'clock' | 'injector' | 'usage' | 'orgId'
  > &
    SeesUsers;
  readonly authenticator: Authenticator;
  readonly publisher: Publisher;
}

type Unary = ServerUnaryCall<unknown, object>;

/** The Pub/Sub API over gRPC with TLS: the same events as CometD's, as Avro. */
export class PubSub implements AsyncDisposable {
  readonly #ports: PubSubPorts;
  readonly #codecs: Codecs;
  readonly #server: Server;
  readonly #stopping = new AbortController();
  readonly #fetches = new Set<EventStream>();
  readonly #managed: ActiveSubscriptions = new Map();
  readonly #publishes = new Map<Duplex, { usedAt: number; topic: string | undefined }>();
  readonly #watching: Promise<void>;

  constructor(ports: PubSubPorts) {
    this.#ports = ports;
    this.#codecs = new Codecs(ports.org.pool);
    this.#server = new Server({
      'grpc.max_receive_message_length': REQUEST_BYTES_MAX,
      'grpc.max_send_message_length': REQUEST_BYTES_MAX,
    });
    this.#server.addService(serviceDefinition(), {
      GetTopic: this.#unary((call) => this.#getTopic(call)),
      GetSchema: this.#unary((call) => this.#getSchema(call)),
      Publish: this.#unary((call) => this.#publish(call)),
      Subscribe: (call: Duplex) => {
        void this.#subscribe(call, (ports) => new FetchStream(ports, call));
      },
      PublishStream: (call: Duplex) => {
        void this.#publishStream(call);
      },
      ManagedSubscribe: (call: Duplex) => {
        void this.#subscribe(call, (ports) => new ManagedStream(ports, call, this.#managed));
      },
    });
    const loop = new Loop({
      name: 'watch Pub/Sub streams',
      clock: ports.org.clock,
      log: ports.org.log,
      backoff: { firstMs: STREAM_CHECK_MS, maxMs: STREAM_CHECK_MS },
      turn: () => this.#watch(),
    });
    this.#watching = loop.run(this.#stopping.signal);
  }

  /** Subscriptions that have begun. */
  get subscriptions(): number {
    return [...this.#fetches].filter(({ begun, closed }) => begun && !closed).length;
  }

  /** Publish streams that are open. */
  get publishStreams(): number {
    return this.#publishes.size;
  }

  /** Listens with TLS, as clients of the Pub/Sub API insist. Resolves to the port. */
  async listen(port: number, { cert, key }: Certificate): Promise<number> {
    const credentials = ServerCredentials.createSsl(null, [
      { cert_chain: Buffer.from(cert), private_key: Buffer.from(key) },
    ]);
    return new Promise((resolve, reject) => {
      this.#server.bindAsync(`127.0.0.1:${port}`, credentials, (error, bound) => {
        if (error === null) resolve(bound);
        else
          reject(
            new PortTaken(
              `The Pub/Sub API cannot listen on port ${port}: ${messageOf(error)}. Free the port, or set LANDBRIDGE_ORG_PORT to another one.`,
              { cause: error },
            ),
          );
      });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    for (const stream of this.#fetches) stream.end();
    for (const call of this.#publishes.keys()) call.end();
    const ended = new Promise<void>((resolve) => {
      this.#server.tryShutdown(() => {
        resolve();
      });
    });
    // Streams live as long as their clients; whoever is still there after the grace is cut off.
    const cut = new AbortController();
    await Promise.race([ended, this.#ports.org.clock.sleep(STOP_MS, cut.signal)]);
    cut.abort();
    this.#server.forceShutdown();
    await this.#watching;
  }

  async #getTopic(call: Unary): Promise<object> {
    const { topicName } = TopicRequest.parse(call.request);
    const seen = await this.#seenBy(await this.#caller(call));
    const { schema, canPublish } = await getTopic(seen, topicName);
    if (schema !== undefined) await this.#ports.publisher.keepSchema(this.#ports.org.pool, schema);
    return {
      topicName,
      tenantGuid: this.#ports.org.orgId,
      canPublish,
      canSubscribe: true,
      schemaId: schema?.id ?? '',
      rpcId: randomUUID(),
    };
  }

  async #getSchema(call: Unary): Promise<object> {
    const { schemaId } = SchemaRequest.parse(call.request);
    const seen = await this.#seenBy(await this.#caller(call));
    if (schemaId === '') throw refusal('schema.validation.failed');
    const schema = await findSchema(this.#ports.org.pool, schemaId);
    if (schema === undefined || !(await this.#maySee(seen, schema.topic)))
      throw schemaMissing(schemaId);
    return { schemaJson: JSON.stringify(schema.avro), schemaId, rpcId: randomUUID() };
  }

  /** Who sees all of the org sees also the schemas of what is no longer there. */
  async #maySee(seen: SeenOrg, topic: string): Promise<boolean> {
    if (seen.schema() === this.#ports.org.schema()) return true;
    try {
      await getTopic(seen, topic);
      return true;
    } catch (error) {
      if (error instanceof PubSubError) return false;
      throw error;
    }
  }

  async #publish(call: Unary): Promise<object> {
    const session = await this.#caller(call);
    return publish(await this.#publishPorts(session), session, PublishRequest.parse(call.request));
  }

  async #subscribe(call: Duplex, open: (ports: DeliveryPorts) => EventStream): Promise<void> {
    // Requests wait in the stream until somebody reads it, so the caller is known before the first is looked at.
    try {
      const session = await this.#caller(call);
      await this.#seenBy(session);
      const { org, publisher } = this.#ports;
      const seen = (): Promise<SeenOrg> => this.#seenBy(session);
      this.#fetches.add(open({ org, seen, feed: publisher.feed, codecs: this.#codecs }));
    } catch (error) {
      call.emit('error', this.#refusal(error));
    }
  }

  async #publishStream(call: Duplex): Promise<void> {
    try {
      const session = await this.#caller(call);
      const state: { usedAt: number; topic: string | undefined } = {
        usedAt: this.#ports.org.clock.now(),
        topic: undefined,
      };
      this.#publishes.set(call, state);
      call.once('close', () => this.#publishes.delete(call));
      call.once('cancelled', () => this.#publishes.delete(call));
      // One request after the other: a batch's events are numbered before those of the next.
      for await (const message of call) {
        const request = PublishRequest.parse(message);
        state.usedAt = this.#ports.org.clock.now();
        state.topic ??= request.topicName;
        if (request.topicName !== '' && request.topicName !== state.topic)
          throw refusal('publish.topic.mismatch');
        call.write(
          await publish(await this.#publishPorts(session), session, {
            ...request,
            topicName: state.topic,
          }),
        );
      }
      this.#publishes.delete(call);
      call.end();
    } catch (error) {
      this.#publishes.delete(call);
      if (!call.cancelled) call.emit('error', this.#refusal(error));
    }
  }

  async #watch(): Promise<number> {
    for (const stream of this.#fetches) {
      if (stream.closed) this.#fetches.delete(stream);
      else stream.keepAlive();
      if (stream instanceof ManagedStream) await stream.check();
    }
    const now = this.#ports.org.clock.now();
    for (const [call, { usedAt }] of this.#publishes) {
      if (now - usedAt < PUBLISH_STREAM_IDLE_MS) continue;
      this.#publishes.delete(call);
      call.emit('error', refusal('publish.stream.sweeper.timeout'));
    }
    return STREAM_CHECK_MS;
  }

  #caller(call: Pick<Unary, 'metadata'>): ReturnType<typeof getCaller> {
    const { authenticator, org } = this.#ports;
    return getCaller({ authenticator, orgId: org.orgId }, call.metadata);
  }

  #unary(serve: (call: Unary) => Promise<object>) {
    return (call: Unary, callback: sendUnaryData<object>): void => {
      void this.#answer(call, serve, callback);
    };
  }

  async #answer(
    call: Unary,
    serve: (call: Unary) => Promise<object>,
    callback: sendUnaryData<object>,
  ): Promise<void> {
    try {
      await this.#caller(call);
      callback(null, await serve(call));
    } catch (error) {
      callback(this.#refusal(error));
    }
  }

  #refusal(error: unknown): PubSubError {
    if (error instanceof PubSubError) return error;
    this.#ports.org.log.error({ err: error }, `Pub/Sub call failed: ${messageOf(error)}`);
    return refusal('service.internal.error');
  }

  /** @throws PubSubError for who may not use the APIs */
  async #seenBy(session: Session): Promise<SeenOrg> {
    const seen = await this.#ports.org.seenBy(session);
    if (!seen.permissions.has('ApiEnabled')) throw authInvalid('API is disabled for this User');
    return seen;
  }

  async #publishPorts(session: Session): Promise<PublishPorts> {
    const { org, publisher } = this.#ports;
    const { schema } = await this.#seenBy(session);
    return { org: { ...org, schema }, publisher, codecs: this.#codecs };
  }
}

function serviceDefinition(): ServiceDefinition {
  const definition = loadSync(join(import.meta.dirname, 'pubsub.proto'), {
    defaults: true,
    longs: Number,
  });
  const loaded = loadPackageDefinition(definition);
  const service = find(find(find(loaded, 'eventbus'), 'v1'), 'PubSub');
  if (!isService(service)) throw new TypeError('pubsub.proto has no service PubSub');
  return service.service;
}

function find(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined;
}

function isService(value: unknown): value is { readonly service: ServiceDefinition } {
  return typeof value === 'function' && 'service' in value;
}
