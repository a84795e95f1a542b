import type { JournalEntry } from '../records/events.ts';
import type { Schema } from '../schema/schema.ts';
import { eventSchema } from './event-schema.ts';
import type { NewEvent } from './event.ts';

/**
 * Platform events: "creating a record" of an object named `…__e` writes a journal entry and no row; the event is the
 * entry's values with who published it and when.
 */
export function platformEvents(
  schema: Schema,
  entries: readonly JournalEntry[],
): readonly NewEvent[] {
  return entries.flatMap((entry) => {
    if (!entry.entity.endsWith('__e') || entry.change_type !== 'CREATE') return [];
    const object = schema.findObject(entry.entity);
    if (object === undefined) return [];
    const custom = Object.fromEntries(
      object.fields
        .filter(({ custom }) => custom)
        .map(({ name }) => [name, entry.record[name] ?? null]),
    );
    const { EventUuid: uuid } = entry.record;
    return [
      {
        ...(typeof uuid === 'string' ? { uuid } : {}),
        kind: 'platform' as const,
        topic: `/event/${object.name}`,
        audience: null,
        body: {
          schema: eventSchema(object).id,
          payload: {
            ...custom,
            CreatedById: entry.user_id,
            CreatedDate: entry.changed_at.toISOString(),
          },
        },
      },
    ];
  });
}
