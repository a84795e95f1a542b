import { join } from 'node:path';

import {
  credentials,
  loadPackageDefinition,
  makeClientConstructor,
  Metadata,
  type ClientDuplexStream,
  type Client,
  type ServiceError,
  type ServiceDefinition,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { z } from 'zod';

import { until } from '../../support/until.ts';

const Failure = z.looseObject({ code: z.number(), metadata: z.instanceof(Metadata) });

/** A client of the Pub/Sub API that says exactly what a test wants said. */
export class RawPubSub {
  readonly streams: RawStream[] = [];
  readonly #client: Client;
  readonly #service: ServiceDefinition;
  readonly #metadata = new Metadata();

  constructor(port: number, ca: string, headers: Readonly<Record<string, string>>) {
    this.#service = serviceOf();
    const Constructor = makeClientConstructor(this.#service, 'PubSub');
    this.#client = new Constructor(`localhost:${port}`, credentials.createSsl(Buffer.from(ca)));
    for (const [name, value] of Object.entries(headers)) this.#metadata.set(name, value);
  }

  close(): void {
    this.#client.close();
  }

  /** One call with one answer. */
  async ask(method: string, request: object): Promise<unknown> {
    const { path, requestSerialize, responseDeserialize } = this.#methodOf(method);
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        this.#metadata,
        (error: ServiceError | null, response?: unknown) => {
          if (error === null) resolve(response);
          else reject(error);
        },
      );
    });
  }

  open(method: string): RawStream {
    const { path, requestSerialize, responseDeserialize } = this.#methodOf(method);
    const stream = new RawStream(
      this.#client.makeBidiStreamRequest(
        path,
        requestSerialize,
        responseDeserialize,
        this.#metadata,
      ),
    );
    this.streams.push(stream);
    return stream;
  }

  #methodOf(name: string) {
    const method = this.#service[name];
    if (method === undefined) throw new Error(`no method ${name}`);
    return method;
  }
}

/** A stream, with all that came on it. */
export class RawStream {
  readonly answers: unknown[] = [];
  readonly #stream: ClientDuplexStream<unknown, unknown>;
  #error: unknown;

  constructor(stream: ClientDuplexStream<unknown, unknown>) {
    this.#stream = stream;
    stream.on('data', (answer: unknown) => this.answers.push(answer));
    stream.on('error', (error: unknown) => {
      this.#error = error;
    });
  }

  send(request: object): void {
    this.#stream.write(request);
  }

  cancel(): void {
    this.#stream.cancel();
  }

  /** Salesforce's word for why the stream has ended. */
  async errorCode(): Promise<string | undefined> {
    return errorCodeOf(await until(() => this.#error, { what: 'the stream to fail' }));
  }
}

export function errorCodeOf(error: unknown): string | undefined {
  const { metadata } = Failure.parse(Object.assign({}, error));
  return metadata.get('error-code')[0]?.toString().replace('sfdc.platform.eventbus.grpc.', '');
}

function serviceOf(): ServiceDefinition {
  const definition = loadSync(join(import.meta.dirname, '../../../sandbox/pubsub/pubsub.proto'), {
    defaults: true,
    longs: Number,
  });
  const loaded = loadPackageDefinition(definition);
  let found: unknown = loaded;
  for (const name of ['eventbus', 'v1', 'PubSub']) found = Reflect.get(Object(found), name);
  const service: unknown = Reflect.get(Object(found), 'service');
  if (!isService(service)) throw new Error('no service');
  return service;
}

function isService(value: unknown): value is ServiceDefinition {
  return typeof value === 'object' && value !== null && 'Subscribe' in value;
}
