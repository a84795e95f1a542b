import type pg from 'pg';
import { z } from 'zod';

import { fault } from '../faults.ts';
import type { FieldDef } from './field.ts';
import { CustomField, customField, CustomObject, customObject } from './custom.ts';
import { Schema, type ObjectDef } from './schema.ts';

const ObjectRow = z.object({ definition: CustomObject });
const FieldRow = z.object({ object: z.string(), definition: CustomField });

/** The org's schema: the standard objects, and what administrators have added. */
export async function readCustomSchema(
  client: pg.ClientBase,
  standard: readonly ObjectDef[],
): Promise<Schema> {
  const objects = await client.query(READ_OBJECTS);
  const fields = await client.query(READ_FIELDS);
  const parsedObjects = z.array(ObjectRow).safeParse(objects.rows);
  const parsedFields = z.array(FieldRow).safeParse(fields.rows);
  if (!parsedObjects.success || !parsedFields.success) {
    throw fault(
      'BAD_DEFINITION',
      'A stored definition of a custom object or field cannot be read. Restore the sandbox database, or drop it to begin anew.',
      {
        cause: parsedObjects.error ?? parsedFields.error,
      },
    );
  }
  return buildSchema(
    standard,
    parsedObjects.data.map(({ definition }) => definition),
    parsedFields.data,
  );
}

/** Puts custom objects and fields behind the standard ones. */
export function buildSchema(
  standard: readonly ObjectDef[],
  objects: readonly CustomObject[],
  fields: readonly { readonly object: string; readonly definition: CustomField }[],
): Schema {
  const all = [...standard, ...objects.map(customObject)];
  const byObject = new Map<string, FieldDef[]>();
  for (const { object, definition } of fields) {
    const list = byObject.get(object.toLowerCase()) ?? [];
    list.push(...customField(definition));
    byObject.set(object.toLowerCase(), list);
  }
  return new Schema(
    all.map((object) => {
      const added = byObject.get(object.name.toLowerCase());
      return added === undefined ? object : { ...object, fields: [...object.fields, ...added] };
    }),
  );
}

const READ_OBJECTS = `/* readCustomObjects */
select definition from custom_objects order by created_at, name`;

const READ_FIELDS = `/* readCustomFields */
select object, definition from custom_fields order by created_at, name`;

export async function saveCustomObject(
  client: pg.ClientBase,
  definition: CustomObject,
): Promise<void> {
  await client.query(SAVE_OBJECT, [definition.fullName, JSON.stringify(definition)]);
}

const SAVE_OBJECT = `/* saveCustomObject */
insert into custom_objects (name, definition) values ($1, $2)
on conflict (name) do update set definition = excluded.definition`;

export async function saveCustomField(
  client: pg.ClientBase,
  object: string,
  definition: CustomField,
): Promise<void> {
  await client.query(SAVE_FIELD, [object, definition.fullName, JSON.stringify(definition)]);
}

const SAVE_FIELD = `/* saveCustomField */
insert into custom_fields (object, name, definition) values ($1, $2, $3)
on conflict (object, name) do update set definition = excluded.definition`;
