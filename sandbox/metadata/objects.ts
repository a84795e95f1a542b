import { z } from 'zod';

import { SalesforceError } from '../salesforce-error.ts';
import { readField } from '../schema/add-custom.ts';
import type { SchemaDraft } from '../schema/change-schema.ts';
import { CustomObject } from '../schema/custom-definition.ts';
import { fieldKey } from '../schema/custom-store.ts';
import { applyDefault, shownDefault } from './organization-wide-default.ts';
import type { Schema } from '../schema/schema.ts';
import { notThere, outcomeOf, refuseMode, inOrder, type Applied, type Target } from './applied.ts';
import { checkField } from './field-rules.ts';
import {
  applyPartsOfObject,
  removePartsOfObject,
  shownPartsOfObject,
  withoutParts,
} from './parts.ts';
import {
  hasStandardField,
  keepStandard,
  shownStandardFields,
  shownStandardObject,
} from './standard.ts';

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

const ObjectFile = z.looseObject({
  fields: z.array(z.looseObject({ fullName: z.string() })).optional(),
});

/** An object's own metadata, and that of its fields: of standard ones what is set of them. */
export function splitObject(
  fullName: string,
  metadata: unknown,
): {
  readonly object: Readonly<Record<string, unknown>>;
  readonly fields: readonly { readonly fullName: string }[];
  readonly standardFields: readonly { readonly fullName: string }[];
} {
  const parsed = ObjectFile.safeParse(metadata === '' ? {} : metadata);
  if (!parsed.success)
    throw new SalesforceError('INVALID_INPUT', `${fullName}: the object's metadata is malformed`);
  const { fields = [], ...object } = parsed.data;
  return {
    object,
    fields: fields.filter((field) => field.fullName.endsWith('__c')),
    standardFields: fields.filter((field) => !field.fullName.endsWith('__c')),
  };
}

/** Puts an object's metadata into the draft: of a standard object its added fields, of a custom one all of it. */
export function applyObject(draft: SchemaDraft, schema: Schema, target: Target): Applied {
  const { fullName } = target;
  const { object, fields, standardFields } = splitObject(fullName, target.metadata);
  const applied = applyObjectItself(draft, schema, { ...target, metadata: withoutParts(object) });
  for (const field of fields) {
    applyField(draft, schema, {
      fullName: `${fullName}.${field.fullName}`,
      metadata: field,
      mode: 'upsert',
    });
  }
  for (const field of standardFields) {
    const name = `${fullName}.${field.fullName}`;
    if (!hasStandardField(schema, name)) continue;
    keepStandard(draft, { type: 'StandardField', fullName: name, metadata: field });
  }
  applyPartsOfObject(draft, schema, { fullName, metadata: object });
  return applied;
}

/** The same without the fields. */
export function applyObjectItself(
  draft: SchemaDraft,
  schema: Schema,
  { fullName, metadata, mode }: Target,
): Applied {
  const known = draft.objects.get(fullName.toLowerCase());
  const standard = /__(?:c|e|mdt)$/.test(fullName) ? undefined : schema.findObject(fullName);
  if (standard !== undefined) {
    const model = applyDefault(draft, standard, metadata);
    const kept = keepStandard(draft, { type: 'StandardObject', fullName: standard.name, metadata });
    return model === 'same' ? kept : { ...kept, outcome: model };
  }
  refuseMode(fullName, known !== undefined, { mode, type: 'CustomObject' });
  const definition = readObject({
    ...(mode === 'create' ? {} : known),
    ...(typeof metadata === 'object' ? metadata : {}),
    fullName: known?.fullName ?? fullName,
    keyPrefix: known?.keyPrefix ?? nextPrefix(draft, fullName),
  });
  draft.objects.set(fullName.toLowerCase(), definition);
  return { fullName, outcome: outcomeOf(known, definition) };
}

function readObject(metadata: unknown): CustomObject {
  const parsed = CustomObject.safeParse(metadata);
  if (parsed.success) {
    checkPlatformEvent(parsed.data);
    return parsed.data;
  }
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new SalesforceError('INVALID_INPUT', faults.join('; '), { fields: [] });
}

/** Salesforce makes no standard-volume events any more. */
function checkPlatformEvent({ fullName, eventType, publishBehavior }: CustomObject): void {
  if (!fullName.endsWith('__e')) return;
  if (eventType !== undefined && eventType !== 'HighVolume') {
    throw new SalesforceError(
      'INVALID_INPUT',
      `eventType: ${eventType} is not supported: a platform event can only be of the type HighVolume`,
      { fields: ['eventType'] },
    );
  }
  if (
    publishBehavior !== undefined &&
    publishBehavior !== 'PublishAfterCommit' &&
    publishBehavior !== 'PublishImmediately'
  ) {
    throw new SalesforceError(
      'INVALID_INPUT',
      `publishBehavior: ${publishBehavior} is neither PublishAfterCommit nor PublishImmediately`,
      { fields: ['publishBehavior'] },
    );
  }
}

/** a00, a01, … for objects, e00, … for platform events, m00, … for custom metadata types. */
function nextPrefix(draft: SchemaDraft, fullName: string): string {
  const letter = fullName.endsWith('__e') ? 'e' : fullName.endsWith('__mdt') ? 'm' : 'a';
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
  { fullName, metadata, mode }: Target,
): Applied {
  const [objectName = '', fieldName = ''] = fullName.split('.');
  const object =
    draft.objects.get(objectName.toLowerCase())?.fullName ?? standardName(schema, objectName);
  if (object === undefined) throw notThere('CustomObject', objectName);
  const key = fieldKey(object, fieldName);
  const known = draft.fields.get(key);
  if (mode === 'create' && known !== undefined) {
    throw new SalesforceError(
      'DUPLICATE_DEVELOPER_NAME',
      `There is already a field named ${fieldName.replace(/__c$/, '')} on ${object}.`,
      { fields: ['fullName'] },
    );
  }
  if (mode === 'update' && known === undefined) throw notThere('CustomField', fullName);
  const given = typeof metadata === 'object' && metadata !== null ? metadata : {};
  const definition = readField({ ...given, fullName: fieldName });
  checkField(`${object}.${fieldName}`, definition, known?.definition);
  draft.fields.set(key, { object, definition });
  return { fullName, outcome: outcomeOf(known?.definition, definition) };
}

function standardName(schema: Schema, name: string): string | undefined {
  const object = schema.findObject(name);
  return object === undefined || object.custom || object.isView ? undefined : object.name;
}

export function removeObject(draft: SchemaDraft, fullName: string): void {
  if (!draft.objects.delete(fullName.toLowerCase())) {
    throw notThere('CustomObject', fullName);
  }
  for (const [key, { object }] of draft.fields) {
    if (object.toLowerCase() === fullName.toLowerCase()) draft.fields.delete(key);
  }
  removePartsOfObject(draft, fullName);
}

export function removeField(draft: SchemaDraft, fullName: string): void {
  if (!draft.fields.delete(fullName.toLowerCase())) {
    throw notThere('CustomField', fullName);
  }
}

export function renameObject(draft: SchemaDraft, from: string, to: string): void {
  const known = draft.objects.get(from.toLowerCase());
  if (known === undefined) {
    throw notThere('CustomObject', from);
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
  draft: Pick<SchemaDraft, 'objects' | 'fields' | 'parts'>,
  schema: Schema,
  fullName: string,
): Readonly<Record<string, unknown>> | undefined {
  const definition = draft.objects.get(fullName.toLowerCase());
  const standard = schema.findObject(fullName);
  if (definition === undefined && standard === undefined) return undefined;
  const fields = [...draft.fields.values()]
    .filter(({ object }) => object.toLowerCase() === fullName.toLowerCase())
    .map((field) => inOrder(field.definition));
  const parts = shownPartsOfObject(draft, fullName);
  if (definition === undefined) {
    const sharingModel = standard === undefined ? undefined : shownDefault(draft, standard);
    const settings = shownStandardObject(draft, fullName);
    const all = [...fields, ...shownStandardFields(draft, fullName)];
    return inOrder({
      fullName: standard?.name,
      label: standard?.label,
      ...settings,
      fields: all,
      ...parts,
      ...(sharingModel === undefined ? {} : { sharingModel }),
    });
  }
  const { keyPrefix: _prefix, ...metadata } = definition;
  return inOrder({ ...metadata, fields, ...parts });
}
