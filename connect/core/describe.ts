import { z } from 'zod';

/**
 * What Connect uses of Salesforce's describe of an object. Everything else of the answer is dropped here. Names are
 * untrusted input: one that is not an API name never gets past this schema, so none reaches SQL or SOQL.
 */
const ApiName = z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,79}$/);

export const FieldDescribe = z.object({
  name: ApiName,
  type: z.string(),
  length: z.int().nonnegative().default(0),
  relationshipName: ApiName.nullish().default(null),
  referenceTo: z.array(ApiName).default([]),
  calculated: z.boolean().default(false),
  autoNumber: z.boolean().default(false),
  externalId: z.boolean().default(false),
  idLookup: z.boolean().default(false),
  unique: z.boolean().default(false),
  createable: z.boolean().default(false),
  updateable: z.boolean().default(false),
  nillable: z.boolean().default(true),
  defaultedOnCreate: z.boolean().default(false),
});
export type FieldDescribe = Readonly<z.infer<typeof FieldDescribe>>;

export const ObjectDescribe = z.object({
  name: ApiName,
  keyPrefix: z.string().nullish().default(null),
  queryable: z.boolean().default(true),
  createable: z.boolean().default(false),
  updateable: z.boolean().default(false),
  deletable: z.boolean().default(false),
  replicateable: z.boolean().default(false),
  fields: z.array(FieldDescribe),
});
export type ObjectDescribe = Readonly<z.infer<typeof ObjectDescribe>>;

/**
 * Describes by object name in lower case, since Salesforce does not distinguish the case of names. `null`: the org was
 * asked and has no such object, or does not show it to Connect's user.
 */
export type Describes = ReadonlyMap<string, ObjectDescribe | null>;

export function describesOf(objects: readonly ObjectDescribe[]): Describes {
  return new Map(objects.map((object) => [object.name.toLowerCase(), object]));
}

export function findField(object: ObjectDescribe, name: string): FieldDescribe | undefined {
  const wanted = name.toLowerCase();
  return object.fields.find((field) => field.name.toLowerCase() === wanted);
}
