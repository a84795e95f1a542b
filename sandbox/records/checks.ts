import { z } from 'zod';

import { SalesforceError } from '../salesforce-error.ts';
import type { FieldDef } from '../schema/field.ts';
import type { ObjectDef } from '../schema/schema.ts';
import { castType, columnName, tableName } from '../store/layout.ts';
import { comparable } from '../store/tables.ts';
import type { Dml } from './dml.ts';
import type { Draft } from './draft.ts';
import { checkParentAccess } from './row-access.ts';

/** The drafts that are still good. */
export function good(drafts: readonly Draft[]): readonly Draft[] {
  return drafts.filter(({ error }) => error === undefined);
}

/** Refuses drafts without a value where one must be. `creating`: fields not given count too. */
export function checkRequired(
  object: ObjectDef,
  drafts: readonly Draft[],
  creating: boolean,
): void {
  const required = object.fields.filter((field) =>
    creating ? field.required : !field.nillable && field.type !== 'boolean',
  );
  for (const draft of good(drafts)) {
    const missing = required
      .filter(({ name }) =>
        creating ? (draft.values[name] ?? null) === null : draft.values[name] === null,
      )
      .map(({ name }) => name);
    if (missing.length === 0) continue;
    draft.error = new SalesforceError(
      'REQUIRED_FIELD_MISSING',
      `Required fields are missing: [${missing.join(', ')}]`,
      { fields: missing },
    );
  }
}

/** Turns references given by an external id into ids. */
export async function resolveParents(dml: Dml, drafts: readonly Draft[]): Promise<void> {
  const wanted = new Map<string, { parent: ObjectDef; key: FieldDef; values: Set<string> }>();
  for (const { parent, key, value } of good(drafts).flatMap(({ parents }) => parents)) {
    const name = `${parent.name}.${key.name}`;
    const group = wanted.get(name) ?? { parent, key, values: new Set() };
    group.values.add(String(value));
    wanted.set(name, group);
  }
  for (const { parent, key, values } of wanted.values()) {
    const found = await findByKey(dml, parent, key, [...values]);
    for (const draft of good(drafts)) {
      for (const reference of draft.parents) {
        if (reference.parent !== parent || reference.key !== key) continue;
        const ids = found.get(keyText(key, String(reference.value))) ?? [];
        const [id] = ids;
        if (id === undefined || ids.length > 1)
          draft.error ??= unresolved(reference.parent, key, String(reference.value), ids);
        else draft.values[reference.field.name] = id;
      }
    }
  }
}

function unresolved(
  parent: ObjectDef,
  key: FieldDef,
  value: string,
  ids: readonly string[],
): SalesforceError {
  const message =
    ids.length === 0
      ? `Foreign key external ID: ${value} not found for field ${key.name} in entity ${parent.name}`
      : `Foreign key external ID: ${value} is not unique for field ${key.name} in entity ${parent.name}`;
  return new SalesforceError(
    ids.length === 0 ? 'INVALID_FIELD' : 'DUPLICATE_EXTERNAL_ID',
    message,
    { fields: [] },
  );
}

/** How two values of a key are seen to be one. */
export function keyText(key: FieldDef, value: string): string {
  return castType(key) === 'text' && !key.caseSensitive ? value.toLowerCase() : value;
}

const KeyRow = z.object({ id: z.string(), key: z.string() });

/** Ids of the records whose key has one of the values, by the key's comparable text. Deleted ones are not found. */
export async function findByKey(
  dml: Pick<Dml, 'client'>,
  object: ObjectDef,
  key: FieldDef,
  values: readonly string[],
): Promise<Map<string, readonly string[]>> {
  const cast = castType(key);
  const wanted = comparable(key, 'wanted');
  const { rows } = await dml.client.query(
    `/* findByKey */ select record."id", ${comparable(key, `record.${columnName(key)}`)}::text as key
  from (select distinct ${wanted} as key from unnest($1::text[]::${cast}[]) as wanted) as keys
  join ${tableName(object)} as record on ${comparable(key, `record.${columnName(key)}`)} = keys.key
 where not record."isdeleted"
 order by record."id"`,
    [values],
  );
  const found = new Map<string, string[]>();
  for (const { id, key: text } of z.array(KeyRow).parse(rows)) {
    const matches = found.get(keyText(key, text)) ?? [];
    matches.push(id);
    found.set(keyText(key, text), matches);
  }
  return found;
}

const ParentRow = z.object({ id: z.string(), deleted: z.boolean() });

/**
 * Refuses references to records that are not there. The parents found are kept from being deleted until this
 * transaction ends.
 */
export async function checkReferences(
  dml: Dml,
  object: ObjectDef,
  drafts: readonly Draft[],
): Promise<void> {
  const references = object.fields.filter(
    (field) => field.type === 'reference' && field.column !== null,
  );
  const used = references.filter((field) =>
    good(drafts).some(({ values }) => typeof values[field.name] === 'string'),
  );
  const byParent = new Map<ObjectDef, Set<string>>();
  for (const field of used) {
    for (const draft of good(drafts)) {
      const id = draft.values[field.name];
      if (typeof id !== 'string') continue;
      const parent = dml.schema.findObjectOfId(id);
      if (parent === undefined || !field.referenceTo.includes(parent.name))
        draft.error ??= wrongParent(field, id);
      else if (dml.visible.findObject(parent.name) === undefined)
        draft.error ??= missingParent(field, false);
      else byParent.set(parent, (byParent.get(parent) ?? new Set()).add(id));
    }
  }
  const state = new Map<string, boolean>();
  for (const [parent, ids] of byParent) {
    const { rows } = await dml.client.query(
      `/* checkReferences */ select "id", "isdeleted" as deleted from ${tableName(parent)} where "id" = any($1::text[]) order by "id" for key share`,
      [[...ids]],
    );
    for (const { id, deleted } of z.array(ParentRow).parse(rows)) state.set(id, deleted);
  }
  await checkParentAccess(dml, object, drafts, used);
  for (const field of used) {
    for (const draft of good(drafts)) {
      const id = draft.values[field.name];
      if (typeof id === 'string' && state.get(id) !== false)
        draft.error = missingParent(field, state.get(id) === true);
    }
  }
}

function wrongParent(field: FieldDef, id: string): SalesforceError {
  return new SalesforceError(
    'FIELD_INTEGRITY_EXCEPTION',
    `${field.label}: id value of incorrect type: ${id}`,
    {
      fields: [field.name],
    },
  );
}

function missingParent(field: FieldDef, deleted: boolean): SalesforceError {
  return deleted
    ? new SalesforceError('ENTITY_IS_DELETED', 'entity is deleted', { fields: [], status: 400 })
    : new SalesforceError('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id', {
        fields: [field.name],
      });
}

/** Refuses a second record with a value that only one may have, in the store or in this very call. */
export async function checkUnique(
  dml: Dml,
  object: ObjectDef,
  drafts: readonly Draft[],
): Promise<void> {
  for (const field of object.fields.filter(({ unique }) => unique)) {
    const first = new Map<string, Draft>();
    for (const draft of good(drafts)) {
      const value = draft.values[field.name];
      if (value === null || value === undefined) continue;
      const key = keyText(field, String(value));
      if (first.has(key)) draft.error = duplicate(field, undefined);
      else first.set(key, draft);
    }
    if (first.size === 0) continue;
    const found = await findByKey(dml, object, field, [...first.keys()]);
    for (const [key, draft] of first) {
      const other = found.get(key)?.find((id) => id !== draft.id);
      if (other !== undefined) draft.error = duplicate(field, other);
    }
  }
}

function duplicate(field: FieldDef, id: string | undefined): SalesforceError {
  const [name, record] =
    id === undefined ? ['<unknown>', '<unknown>'] : [field.name, id.slice(0, 15)];
  return new SalesforceError(
    'DUPLICATE_VALUE',
    `duplicate value found: ${name} duplicates value on record with id: ${record}`,
    { fields: [] },
  );
}
