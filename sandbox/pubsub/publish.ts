import { randomUUID } from 'node:crypto';

import type { Org } from '../org.ts';
import { SalesforceError } from '../salesforce-error.ts';
import type { Session } from '../session.ts';
import type { EventSchema } from '../streaming/event-schema.ts';
import type { Json, NewEvent } from '../streaming/event.ts';
import type { Publisher } from '../streaming/publisher.ts';
import type { Codecs } from './codecs.ts';
import { EVENT_BYTES_MAX, PUBLISHED_EVENTS_MAX } from './limits.ts';
import type { PublishRequest, PublishResult } from './messages.ts';
import { encodeReplayId } from './replay-id.ts';
import { refusal, topicDenied } from './status.ts';
import { getTopic } from './topics.ts';

export interface PublishPorts {
  readonly org: Pick<Org, 'pool' | 'schema' | 'settings' | 'clock' | 'usage'>;
  readonly publisher: Publisher;
  readonly codecs: Codecs;
}

/** The code of an event that could not be published, in the result of a request that could. */
const ERROR_PUBLISH = 1;

/** Publishes a request's events: those that are in order get their numbers, the others say why not. */
export async function publish(
  ports: PublishPorts,
  session: Session,
  request: PublishRequest,
): Promise<Readonly<Record<string, unknown>>> {
  if (request.topicName === '') throw refusal('publish.topic.validation.empty');
  const { schema, canPublish } = await getTopic(ports.org, request.topicName);
  if (!canPublish || schema === undefined)
    throw topicDenied(`${request.topicName} takes no events from clients.`);
  if (request.events.length === 0 || request.events.length > PUBLISHED_EVENTS_MAX) {
    throw refusal('publish.event.count.invalid');
  }
  await ports.publisher.keepSchema(ports.org.pool, schema);
  const decoded = (
    await Promise.all(request.events.map((event) => decode(ports, { session, schema, event })))
  ).map((event) => (typeof event === 'string' ? event : (refusalOf(ports) ?? event)));
  const good = decoded.flatMap((event) => (typeof event === 'string' ? [] : [event]));
  const numbers = await ports.publisher.publish(good);
  let next = 0;
  const results = request.events.map(({ id }, index): PublishResult => {
    const event = decoded[index];
    if (typeof event === 'string')
      return { error: { code: ERROR_PUBLISH, msg: event }, correlationKey: id };
    const replayId = encodeReplayId(numbers[next] ?? 0);
    next += 1;
    return { replayId, correlationKey: id };
  });
  return { results, schemaId: schema.id, rpcId: randomUUID() };
}

/** Why an event that is in order is not published: the hour's are used up. */
function refusalOf({ org }: PublishPorts): string | undefined {
  try {
    org.usage.take(org, 'HourlyPublishedPlatformEvents');
    return undefined;
  } catch (error) {
    if (!(error instanceof SalesforceError)) throw error;
    return `${error.errorCode}: ${error.message}`;
  }
}

/** The event, or why it is none. */
async function decode(
  ports: PublishPorts,
  of: {
    readonly session: Session;
    readonly schema: EventSchema;
    readonly event: PublishRequest['events'][number];
  },
): Promise<NewEvent | string> {
  const { session, schema, event } = of;
  if (event.payload.length > EVENT_BYTES_MAX) return 'The event is larger than 1 MB';
  if (event.schemaId !== schema.id)
    return `The schema ${event.schemaId} is not the topic's present one, ${schema.id}`;
  const codec = await ports.codecs.get(schema.id);
  let fields: readonly (readonly [string, Json[string]])[];
  try {
    const decoded = codec.decode(Buffer.from(event.payload));
    fields = schema.avro.fields.flatMap(({ name, doc }) => {
      if (name === 'CreatedDate' || name === 'CreatedById') return [];
      return [[name, fromAvro(doc, decoded[name] ?? null)] as const];
    });
  } catch {
    return 'The payload does not match the schema';
  }
  return {
    kind: 'platform',
    topic: schema.topic,
    audience: null,
    body: {
      schema: schema.id,
      payload: {
        ...Object.fromEntries(fields),
        CreatedById: session.userId,
        CreatedDate: new Date(ports.org.clock.now()).toISOString(),
      },
    },
  };
}

/**
 * Times come as milliseconds and are kept as the other channels show them.
 * @throws RangeError for a number that is no time, and for a text that cannot be stored
 */
function fromAvro(doc: string | undefined, value: Json[string]): Json[string] {
  if (typeof value === 'string' && value.includes('\0')) throw new RangeError('NUL is no text');
  if (typeof value !== 'number') return value;
  if (doc === 'Data:DateTime') return new Date(value).toISOString();
  if (doc === 'Data:DateOnly') return new Date(value).toISOString().slice(0, 10);
  if (doc === 'Data:TimeOnly') return new Date(value).toISOString().slice(11);
  return value;
}
