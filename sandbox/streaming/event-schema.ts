import { createHash } from 'node:crypto';

import type { ObjectDef } from '../schema/schema.ts';

const ids = new WeakMap<ObjectDef, string>();

/** The id of the schema an object's events are written with: the same as long as the object's fields are. */
export function eventSchemaId(object: ObjectDef): string {
  const known = ids.get(object);
  if (known !== undefined) return known;
  const text = JSON.stringify([object.name, object.fields.map(({ name, type }) => [name, type])]);
  const id = createHash('sha256').update(text).digest().subarray(0, 16).toString('base64url');
  ids.set(object, id);
  return id;
}
