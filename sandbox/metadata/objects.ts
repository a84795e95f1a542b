import { z } from 'zod';

import { SalesforceError } from '../salesforce-error.ts';
import { readField } from '../schema/add-custom.ts';
import type { SchemaDraft } from '../schema/change-schema.ts';
import { CustomObject, type CustomField } from '../schema/custom-definition.ts';
import { fieldKey } from '../schema/custom-store.ts';
import type { Schema } from '../schema/schema.ts';

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

export interface Applied {
  readonly fullName: string;
  readonly created: boolean;
}

const ObjectFile = z.looseObject({
  fields: z.array(z.looseObject({ fullName: z.string() })).optional(),
});

export type Mode = 'create' | 'update' | 'upsert';

/** Puts an object's metadata into the draft: of a standard object its added fields, of a custom one all of it. */
export function applyObject(
  draft: SchemaDraft,
  schema: Schema,
  {
    fullName,
    metadata,
    mode,
  }: { readonly fullName: string; readonly metadata: unknown; readonly mode: Mode },
): Applied {
  const parsed = ObjectFile.safeParse(metadata);
  if (!parsed.success)
    throw new SalesforceError('INVALID_INPUT', `${fullName}: the object's metadata is malformed`);
  const { fields = [], ...rest } = parsed.data;
  const known = draft.objects.get(fullName.toLowerCase());
  const standard = /__[ce]$/.test(fullName) ? undefined : schema.findObject(fullName);
  if (standard === undefined) {
    refuseMode(fullName, known !== undefined, mode);
    const definition = readObject({
      ...(mode === 'create' ? {} : known),
      ...rest,
      fullName,
      keyPrefix: known?.keyPrefix ?? nextPrefix(draft, fullName),
    });
    draft.objects.set(fullName.toLowerCase(), definition);
  }
  const name = standard?.name ?? fullName;
  for (const field of fields) {
    // The standard fields of an object's file are told for their settings only.
    if (!field.fullName.endsWith('__c')) continue;
    const definition = readField(field);
    draft.fields.set(fieldKey(name, definition.fullName), { object: name, definition });
  }
  return { fullName, created: standard === undefined && known === undefined };
}

function refuseMode(fullName: string, known: boolean, mode: Mode): void {
  if (mode === 'create' && known) {
    throw new SalesforceError(
      'DUPLICATE_DEVELOPER_NAME',
      `That name is already used: ${fullName}`,
      { fields: ['fullName'] },
    );
  }
  if (mode === 'update' && !known) {
    throw new SalesforceError(
      'INVALID_CROSS_REFERENCE_KEY',
      `In field: fullName - no CustomObject named ${fullName} found`,
      { fields: [] },
    );
  }
}

function readObject(metadata: unknown): CustomObject {
  const parsed = CustomObject.safeParse(metadata);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new SalesforceError('INVALID_INPUT', faults.join('; '), { fields: [] });
}

/** a00, a01, … for objects, e00, … for platform events. */
function nextPrefix(draft: SchemaDraft, fullName: string): string {
  const letter = fullName.endsWith('__e') ? 'e' : 'a';
  const used = new Set([...draft.objects.values()].map(({ keyPrefix }) => keyPrefix));
  for (const first of DIGITS) {
    for (const second of DIGITS) {
      const prefix = `${letter}${first}${second}`;
      if (!used.has(prefix)) return prefix;
    }
  }
  throw new SalesforceError('LIMIT_EXCEEDED', 'This org cannot hold more custom objects');
}

/** `Contact.Ext__c` with its metadata. */
export function applyField(
  draft: SchemaDraft,
  schema: Schema,
  {
    fullName,
    metadata,
    mode,
  }: { readonly fullName: string; readonly metadata: unknown; readonly mode: Mode },
): Applied {
  const [objectName = '', fieldName = ''] = fullName.split('.');
  const object =
    schema.findObject(objectName)?.name ?? draft.objects.get(objectName.toLowerCase())?.fullName;
  if (object === undefined) {
    throw new SalesforceError(
      'INVALID_CROSS_REFERENCE_KEY',
      `In field: fullName - no CustomObject named ${objectName} found`,
      { fields: [] },
    );
  }
  const known = draft.fields.has(fieldKey(object, fieldName));
  if (mode === 'create' && known) {
    throw new SalesforceError(
      'DUPLICATE_DEVELOPER_NAME',
      `There is already a field named ${fieldName.replace(/__c$/, '')} on ${object}.`,
      { fields: ['fullName'] },
    );
  }
  if (mode === 'update' && !known) {
    throw new SalesforceError(
      'INVALID_CROSS_REFERENCE_KEY',
      `In field: fullName - no CustomField named ${fullName} found`,
      { fields: [] },
    );
  }
  const given = typeof metadata === 'object' && metadata !== null ? metadata : {};
  const definition = readField({ ...given, fullName: fieldName });
  draft.fields.set(fieldKey(object, fieldName), { object, definition });
  return { fullName, created: !known };
}

export function removeObject(draft: SchemaDraft, fullName: string): void {
  if (!draft.objects.delete(fullName.toLowerCase())) {
    throw new SalesforceError(
      'INVALID_CROSS_REFERENCE_KEY',
      `In field: fullName - no CustomObject named ${fullName} found`,
      { fields: [] },
    );
  }
  for (const [key, { object }] of draft.fields) {
    if (object.toLowerCase() === fullName.toLowerCase()) draft.fields.delete(key);
  }
}

export function removeField(draft: SchemaDraft, fullName: string): void {
  if (!draft.fields.delete(fullName.toLowerCase())) {
    throw new SalesforceError(
      'INVALID_CROSS_REFERENCE_KEY',
      `In field: fullName - no CustomField named ${fullName} found`,
      { fields: [] },
    );
  }
}

export function renameObject(draft: SchemaDraft, from: string, to: string): void {
  const known = draft.objects.get(from.toLowerCase());
  if (known === undefined) {
    throw new SalesforceError(
      'INVALID_CROSS_REFERENCE_KEY',
      `In field: fullName - no CustomObject named ${from} found`,
      { fields: [] },
    );
  }
  if (draft.objects.has(to.toLowerCase())) {
    throw new SalesforceError('DUPLICATE_DEVELOPER_NAME', `That name is already used: ${to}`, {
      fields: [],
    });
  }
  draft.objects.delete(from.toLowerCase());
  draft.objects.set(to.toLowerCase(), readObject({ ...known, fullName: to }));
  draft.renamed.set(to.toLowerCase(), from.toLowerCase());
  for (const [key, { object, definition }] of draft.fields) {
    const reference = definition.referenceTo?.toLowerCase() === from.toLowerCase();
    const own = object.toLowerCase() === from.toLowerCase();
    if (!own && !reference) continue;
    draft.fields.delete(key);
    const name = own ? to : object;
    draft.fields.set(fieldKey(name, definition.fullName), {
      object: name,
      definition: reference ? { ...definition, referenceTo: to } : definition,
    });
  }
}

/** An object's metadata as it is read and retrieved. */
export function shownObject(
  draft: Pick<SchemaDraft, 'objects' | 'fields'>,
  schema: Schema,
  fullName: string,
): Readonly<Record<string, unknown>> | undefined {
  const definition = draft.objects.get(fullName.toLowerCase());
  const standard = schema.findObject(fullName);
  if (definition === undefined && standard === undefined) return undefined;
  const fields = [...draft.fields.values()]
    .filter(({ object }) => object.toLowerCase() === fullName.toLowerCase())
    .map((field): CustomField => field.definition);
  if (definition === undefined) return { fullName: standard?.name, label: standard?.label, fields };
  const { keyPrefix: _prefix, ...metadata } = definition;
  return { ...metadata, fields };
}
