import type pg from 'pg';
import { z } from 'zod';

import { fault } from '../faults.ts';
import { buildSchema } from './build-schema.ts';
import { CustomField, CustomObject } from './custom-definition.ts';
import { DEFINITIONS } from './objects/definitions.ts';
import type { Part } from './part.ts';
import { readParts, saveParts } from './part-store.ts';
import type { Schema } from './schema.ts';
import { STANDARD_OBJECTS } from './standard.ts';

/** A field with the canonical name of the object it belongs to. */
export interface FieldOfObject {
  readonly object: string;
  readonly definition: CustomField;
}

/** All that administrators have added, by lower-case name (`object` and `object.field`). */
export interface Definitions {
  readonly objects: Map<string, CustomObject>;
  readonly fields: Map<string, FieldOfObject>;
  /** What else shapes the schema, by `partKey`. */
  readonly parts: Map<string, Part>;
}

const ObjectRow = z.object({ definition: CustomObject });
const FieldRow = z.object({ object: z.string(), definition: CustomField });

export function fieldKey(object: string, field: string): string {
  return `${object}.${field}`.toLowerCase();
}

export async function readDefinitions(client: pg.ClientBase): Promise<Definitions> {
  const objectRows = await client.query(READ_OBJECTS);
  const fieldRows = await client.query(READ_FIELDS);
  const objects = z.array(ObjectRow).safeParse(objectRows.rows);
  const fields = z.array(FieldRow).safeParse(fieldRows.rows);
  if (!objects.success || !fields.success) {
    throw fault(
      'BAD_DEFINITION',
      'A stored definition of a custom object or field cannot be read. Restore the sandbox database, or drop it to begin anew.',
      { cause: objects.error ?? fields.error },
    );
  }
  return {
    objects: new Map(
      objects.data.map(({ definition }) => [definition.fullName.toLowerCase(), definition]),
    ),
    fields: new Map(
      fields.data.map((field) => [fieldKey(field.object, field.definition.fullName), field]),
    ),
    parts: await readParts(client),
  };
}

const READ_OBJECTS = `/* readCustomObjects */
select definition from custom_objects order by created_at, name`;

const READ_FIELDS = `/* readCustomFields */
select object, definition from custom_fields order by created_at, name`;

/** When each custom object and field was made, by lower-case name. */
export async function readTimes(client: pg.ClientBase): Promise<ReadonlyMap<string, Date>> {
  const { rows } = await client.query(READ_TIMES);
  const times = z.array(z.object({ name: z.string(), created_at: z.date() })).parse(rows);
  return new Map(times.map((row) => [row.name, row.created_at]));
}

const READ_TIMES = `/* readCustomTimes */
select lower(name) as name, created_at from custom_objects
union all
select lower(object || '.' || name), created_at from custom_fields`;

/** The org's schema: the standard objects, and what administrators have added behind them. */
export async function readCustomSchema(client: pg.ClientBase): Promise<Schema> {
  return schemaOf(await readDefinitions(client));
}

export function schemaOf({ objects, fields, parts }: Definitions): Schema {
  return buildSchema([...STANDARD_OBJECTS, ...DEFINITIONS], {
    objects: [...objects.values()],
    fields: [...fields.values()],
    parts,
  });
}

/** Stores what differs between two sets of definitions. */
export async function saveDefinitions(
  client: pg.ClientBase,
  before: Definitions,
  after: Definitions,
): Promise<void> {
  for (const [key, { fullName }] of before.objects) {
    if (!after.objects.has(key)) await client.query(DELETE_OBJECT, [fullName]);
  }
  for (const [key, { object, definition }] of before.fields) {
    if (!after.fields.has(key)) await client.query(DELETE_FIELD, [object, definition.fullName]);
  }
  for (const [key, definition] of after.objects) {
    if (same(definition, before.objects.get(key))) continue;
    await client.query(SAVE_OBJECT, [definition.fullName, JSON.stringify(definition)]);
  }
  for (const [key, field] of after.fields) {
    if (same(field, before.fields.get(key))) continue;
    await client.query(SAVE_FIELD, [
      field.object,
      field.definition.fullName,
      JSON.stringify(field.definition),
    ]);
  }
  await saveParts(client, before.parts, after.parts);
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

const DELETE_OBJECT = `/* deleteCustomObject */
delete from custom_objects where lower(name) = lower($1)`;

const DELETE_FIELD = `/* deleteCustomField */
delete from custom_fields where lower(object) = lower($1) and lower(name) = lower($2)`;

const SAVE_OBJECT = `/* saveCustomObject */
insert into custom_objects (name, definition) values ($1, $2)
on conflict (name) do update set definition = excluded.definition`;

const SAVE_FIELD = `/* saveCustomField */
insert into custom_fields (object, name, definition) values ($1, $2, $3)
on conflict (object, name) do update set definition = excluded.definition`;
