import type pg from 'pg';
import { z } from 'zod';

import { present } from '../../src/kit/assert.ts';
import type { FieldDef } from '../schema/field.ts';
import type { ObjectDef, Schema } from '../schema/schema.ts';
import { tableName } from '../store/layout.ts';
import { jsonColumns } from '../store/record-json.ts';
import { eventValue } from './change-event.ts';
import { findChangedObject } from './changed-object.ts';
import type { ChannelMember } from './channel-store.ts';
import { eventPath, fieldsOf } from './event-fields.ts';
import type { Json, StreamEvent } from './event.ts';
import { parseFilter, type EventFilterExpression } from './filter-expression.ts';

/** What a channel makes of its events, by what its members ask for. */
export type Shape = (events: readonly StreamEvent[]) => Promise<readonly StreamEvent[]>;

interface MemberShape {
  readonly object: ObjectDef;
  readonly filter: EventFilterExpression | undefined;
  /** Fields that come with every update and delete: those asked for, and those the filter looks at. */
  readonly enriched: readonly FieldDef[];
}

/**
 * How a channel's members change what it carries; undefined when they do not. As in Salesforce, enriched fields are read
 * when an event is delivered, so one that is replayed has their latest values.
 */
export function shapeOf(
  { pool, schema }: { readonly pool: pg.Pool; readonly schema: Schema },
  members: readonly ChannelMember[],
): Shape | undefined {
  const shapes = new Map<string, MemberShape>();
  for (const member of members) {
    const shape = memberShape(schema, member);
    if (shape !== undefined) shapes.set(member.selectedEntity, shape);
  }
  if (shapes.size === 0) return undefined;
  return async (events) => {
    const shaped: StreamEvent[] = [];
    for (const event of events) {
      const shape = shapes.get(event.topic.split('/')[2] ?? '');
      const enriched = shape === undefined ? event : await enrich(pool, event, shape);
      if (shape?.filter === undefined || shape.filter.accepts(valuesOf(enriched, shape.object)))
        shaped.push(enriched);
    }
    return shaped;
  };
}

function memberShape(schema: Schema, member: ChannelMember): MemberShape | undefined {
  const { selectedEntity, filterExpression, enrichedFields } = member;
  if (filterExpression === null && enrichedFields.length === 0) return undefined;
  const change = findChangedObject(schema, selectedEntity);
  const object = change ?? schema.findObject(selectedEntity);
  if (object === undefined) return undefined;
  const filter = filterExpression === null ? undefined : parseFilter(filterExpression, object);
  const wanted = new Set([...enrichedFields, ...(filter?.fields ?? [])]);
  const enriched =
    change === undefined ? [] : fieldsOf(object).filter(({ name }) => wanted.has(name));
  return { object, filter, enriched };
}

const ChangePayload = z.record(z.string(), z.json());
const Header = z.looseObject({
  changeType: z.string(),
  recordIds: z.array(z.string()),
  changedFields: z.array(z.string()),
});

async function enrich(
  pool: pg.Pool,
  event: StreamEvent,
  { object, enriched }: MemberShape,
): Promise<StreamEvent> {
  if (event.kind !== 'change' || enriched.length === 0) return event;
  const payload = ChangePayload.parse(event.body['payload']);
  const header = Header.parse(payload['ChangeEventHeader']);
  const [recordId] = header.recordIds;
  if (recordId === undefined || !['UPDATE', 'DELETE'].includes(header.changeType)) return event;
  const missing = enriched.filter(
    (field) => !header.changedFields.includes(eventPath(object, field).join('.')),
  );
  const values = await readFields(pool, { object, fields: missing, recordId });
  const added: Record<string, Json[string]> = { ...payload };
  for (const field of missing) {
    const value = eventValue(field, values[field.name] ?? null);
    if (value === null) continue;
    const [name, part] = eventPath(object, field);
    added[name] = part === undefined ? value : { ...objectOf(added[name]), [part]: value };
  }
  return { ...event, body: { ...event.body, payload: added } };
}

/** Of a deleted record too, as long as it is in the recycle bin. */
async function readFields(
  pool: pg.Pool,
  of: {
    readonly object: ObjectDef;
    readonly fields: readonly FieldDef[];
    readonly recordId: string;
  },
): Promise<Json> {
  if (of.fields.length === 0) return {};
  const { rows } = await pool.query(
    `/* readEnrichedFields */
select to_jsonb(item) as record
  from (select ${jsonColumns(of.object, of.fields, 'record')} from ${tableName(of.object)} as record where "id" = $1) as item`,
    [of.recordId],
  );
  return z.array(z.object({ record: ChangePayload })).parse(rows)[0]?.record ?? {};
}

/** What a filter sees of an event: fields by their names, wherever they stand in it. */
function valuesOf(event: StreamEvent, object: ObjectDef): (path: string) => unknown {
  const payload = ChangePayload.parse(event.body['payload']);
  return (path) => {
    const [first, second] = path.split('.');
    if (second !== undefined) return objectOf(payload[present(first, 'header')])[second];
    const field = object.fields.find(({ name }) => name === path);
    const [name, part] = field === undefined ? [path] : eventPath(object, field);
    return part === undefined ? payload[name] : objectOf(payload[name])[part];
  };
}

function objectOf(value: Json[string] | undefined): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}
