import { z } from 'zod';

export const EventKind = z.enum(['change', 'platform', 'push_topic', 'generic']);
export type EventKind = z.infer<typeof EventKind>;

const Json = z.record(z.string(), z.json());
export type Json = Readonly<z.infer<typeof Json>>;

/** An event before it has its number. */
export interface NewEvent {
  readonly kind: EventKind;
  /** The channel it belongs to: `/data/ContactChangeEvent`, `/event/Order__e`, `/topic/Name`, `/u/name`. */
  readonly topic: string;
  /**
   * By kind:
   * change, platform: `{schema, payload}`; push_topic: `{type, sobject}`; generic: `{payload}`.
   */
  readonly body: Json;
  /** Users it is meant for; null = everybody. */
  readonly audience: readonly string[] | null;
  /** Of an event whose publisher knows it already. */
  readonly uuid?: string;
}

/** An event as it is kept and delivered. */
export const StreamEvent = z.object({
  replayId: z.coerce.number(),
  kind: EventKind,
  topic: z.string(),
  uuid: z.string(),
  body: Json,
  audience: z.array(z.string()).nullable(),
  createdAt: z.date(),
});
export type StreamEvent = Readonly<z.infer<typeof StreamEvent>>;

/** Which events a channel carries. */
export type EventFilter =
  | { readonly topics: readonly string[] }
  /** All events of a kind: `/data/ChangeEvents`. */
  | { readonly kind: EventKind };

export function matches(filter: EventFilter, event: Pick<StreamEvent, 'kind' | 'topic'>): boolean {
  return 'kind' in filter ? event.kind === filter.kind : filter.topics.includes(event.topic);
}
