import type pg from 'pg';
import { z } from 'zod';

import type { Schema } from '../schema/schema.ts';
import { tableName } from '../store/layout.ts';
import type { StreamEvent } from './event.ts';

const Topic = z.looseObject({ sobject: z.looseObject({ Id: z.string() }) });
const Ids = z.array(z.object({ id: z.string() }));

/**
 * The events without those of PushTopics whose records the subscriber may not read: record sharing holds for PushTopics
 * (change events ask for View All instead, see restrict.ts). One statement for each object whose records are not all his;
 * a record that is gone for good was nobody's to read any more.
 */
export async function readable(
  events: readonly StreamEvent[],
  { pool, visible }: { readonly pool: pg.Pool; readonly visible: Schema },
): Promise<readonly StreamEvent[]> {
  const asked = new Map<string, string[]>();
  const idOf = new Map<StreamEvent, string>();
  for (const event of events) {
    if (event.kind !== 'push_topic') continue;
    const { Id: id } = Topic.parse(event.body).sobject;
    const object = visible.findObjectOfId(id);
    if (object?.rows?.read === undefined) continue;
    idOf.set(event, id);
    asked.set(object.name, [...(asked.get(object.name) ?? []), id]);
  }
  const allowed = new Set<string>();
  for (const [name, ids] of asked) {
    const object = visible.findObject(name);
    if (object === undefined) continue;
    const { rows } = await pool.query(
      `/* readable */ select "id" as id from ${tableName(object)} as seen where "id" = any($1)`,
      [ids],
    );
    for (const { id } of Ids.parse(rows)) allowed.add(id);
  }
  return events.filter((event) => {
    const id = idOf.get(event);
    return id === undefined || allowed.has(id);
  });
}
