import { unreachable } from '../../src/kit/assert.ts';
import type { Json, StreamEvent } from './event.ts';

/** Event uuids are given from this API version on. */
const EVENT_UUID_VERSION = 43;

/** An event as CometD clients get it. */
export function messageOf(event: StreamEvent, apiVersion: number): Json {
  const { replayId, body, createdAt } = event;
  switch (event.kind) {
    case 'change':
    case 'platform':
      return {
        ...body,
        event: { ...(apiVersion >= EVENT_UUID_VERSION ? { EventUuid: event.uuid } : {}), replayId },
      };
    case 'push_topic':
      return {
        event: { createdDate: createdAt.toISOString(), replayId, type: body['type'] ?? null },
        sobject: body['sobject'] ?? null,
      };
    case 'generic':
      return {
        payload: body['payload'] ?? null,
        event: { createdDate: createdAt.toISOString(), replayId },
      };
    default:
      return unreachable(event.kind);
  }
}
