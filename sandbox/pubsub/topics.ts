import type { Org } from '../org.ts';
import { findChannel, type Channel } from '../streaming/channels.ts';
import { findChangedObject } from '../streaming/changed-object.ts';
import { eventSchema, type EventSchema } from '../streaming/event-schema.ts';
import { refusal, topicMissing } from './status.ts';

/** A topic of the Pub/Sub API: a channel of change or platform events; PushTopics and generic channels are none. */
export interface Topic {
  readonly channel: Channel;
  /** The schema its events are written with now; undefined where events of several kinds mix. */
  readonly schema: EventSchema | undefined;
  readonly canPublish: boolean;
}

/** @throws PubSubError */
export async function getTopic(
  org: Pick<Org, 'pool' | 'schema' | 'settings'>,
  name: string,
): Promise<Topic> {
  if (name === '') throw refusal('topic.validation.empty');
  const channel = /^\/(?:data|event)\//.test(name) ? await findChannel(org, name) : undefined;
  if (channel === undefined) throw topicMissing(name);
  const canPublish = name.startsWith('/event/');
  const eventName = name.split('/')[2] ?? '';
  const object = canPublish
    ? org.schema().findObject(eventName)
    : findChangedObject(org.schema(), eventName);
  return {
    channel,
    schema: object === undefined ? undefined : eventSchema(object),
    canPublish: canPublish && object?.flags.createable === true,
  };
}
