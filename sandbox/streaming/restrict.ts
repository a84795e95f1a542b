import { z } from 'zod';

import { unreachable } from '../../src/kit/assert.ts';
import type { ObjectDef, Schema } from '../schema/schema.ts';
import { eventPath, fieldsOf } from './event-fields.ts';
import type { Json, StreamEvent } from './event.ts';

const Names = z.array(z.string());
const Header = z.looseObject({
  entityName: z.string(),
  changedFields: Names,
  nulledFields: Names,
  diffFields: Names,
});
const Change = z.looseObject({
  payload: z.looseObject({ ChangeEventHeader: Header }).catchall(z.json()),
});
const Topic = z.looseObject({ sobject: z.looseObject({ Id: z.string() }).catchall(z.json()) });

/**
 * An event as a subscriber may see it: without the fields he may not read; undefined when he may not read its object.
 * `whole` is everything there is: for who sees all of it events go through untouched.
 */
export function restrictEvent(
  event: StreamEvent,
  { whole, visible }: { readonly whole: Schema; readonly visible: Schema },
): StreamEvent | undefined {
  if (whole === visible) return event;
  switch (event.kind) {
    case 'change':
      return restrictChange(event, visible);
    case 'platform':
      return visible.findObject(event.topic.split('/').at(-1) ?? '') === undefined
        ? undefined
        : event;
    case 'push_topic':
      return restrictTopic(event, visible);
    case 'generic':
      return event;
    default:
      return unreachable(event.kind);
  }
}

function restrictChange(event: StreamEvent, visible: Schema): StreamEvent | undefined {
  const { payload, ...body } = Change.parse(event.body);
  const { ChangeEventHeader: header, ...values } = payload;
  const object = visible.findObject(header.entityName);
  // Salesforce asks for View All: an event does not ask whose the record is.
  if (object === undefined || object.rows?.read !== undefined) return undefined;
  const paths = new Set(fieldsOf(object).map((field) => eventPath(object, field).join('.')));
  const may = (path: string): boolean => paths.has(path);
  return {
    ...event,
    body: jsonOf({
      ...body,
      payload: {
        ...visibleValues(values, may, new Set(header.diffFields)),
        ChangeEventHeader: {
          ...header,
          changedFields: header.changedFields.filter(may),
          nulledFields: header.nulledFields.filter(may),
          diffFields: header.diffFields.filter(may),
        },
      },
    }),
  };
}

/** Values of fields, those of compound fields part by part; a compound field of which nothing is left is left out. */
function visibleValues(
  values: Json,
  may: (path: string) => boolean,
  differences: ReadonlySet<string>,
): Json {
  const kept: Record<string, Json[string]> = {};
  for (const [name, value] of Object.entries(values)) {
    if (
      typeof value !== 'object' ||
      value === null ||
      Array.isArray(value) ||
      differences.has(name)
    ) {
      if (may(name)) kept[name] = value;
      continue;
    }
    const parts = Object.entries(value).filter(([part]) => may(`${name}.${part}`));
    if (parts.length > 0) kept[name] = Object.fromEntries(parts);
  }
  return kept;
}

function restrictTopic(event: StreamEvent, visible: Schema): StreamEvent | undefined {
  const { sobject, ...body } = Topic.parse(event.body);
  // Whether he may read this record readable.ts has asked already.
  const object: ObjectDef | undefined = visible.findObjectOfId(sobject.Id);
  if (object === undefined) return undefined;
  const fields = Object.entries(sobject).filter(
    ([name]) => visible.findField(object, name) !== undefined,
  );
  return { ...event, body: jsonOf({ ...body, sobject: Object.fromEntries(fields) }) };
}

function jsonOf(value: unknown): Json {
  return z.record(z.string(), z.json()).parse(value);
}
