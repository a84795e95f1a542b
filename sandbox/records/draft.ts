import { SalesforceError } from '../salesforce-error.ts';
import type { FieldDef } from '../schema/field.ts';
import type { ObjectDef, Schema } from '../schema/schema.ts';
import { coerce, type StoredValue } from './coerce.ts';
import type { InputRecord, WriteContext } from './engine.ts';

/** A record on its way into the store. Once it has an error nothing more is done with it. */
export interface Draft {
  readonly index: number;
  id: string | null;
  /** By canonical field name: what the caller gave, validated; defaults and derived values are added to it. */
  readonly values: Record<string, StoredValue>;
  /** References given by the parent's external id, to be resolved: field → parent's field and value. */
  readonly parents: ParentKey[];
  error: SalesforceError | undefined;
  /** Written because its twin was (the contact of a person account): not to be written back. */
  readonly mirrored?: boolean;
}

interface ParentKey {
  readonly field: FieldDef;
  readonly parent: ObjectDef;
  readonly key: FieldDef;
  readonly value: StoredValue;
}

export interface DraftOptions {
  readonly schema: Schema;
  readonly object: ObjectDef;
  readonly context: WriteContext;
  /** What the fields must be: fields not so writable are refused. */
  readonly writing: 'createable' | 'updateable';
  /** Fields that may be given whatever they are: the key of an upsert. */
  readonly allowed?: readonly string[];
}

type Target =
  | { readonly kind: 'field'; readonly field: FieldDef }
  | {
      readonly kind: 'parent';
      readonly field: FieldDef;
      readonly parent: ObjectDef;
      readonly key: FieldDef | undefined;
    };

/**
 * Reads what callers gave into drafts. A field that does not exist refuses the whole request when it is JSON (Salesforce
 * reads a request into typed records first), and only the record when it is a cell.
 */
export function readDrafts(records: readonly InputRecord[], options: DraftOptions): Draft[] {
  const targets = new Map<string, Target | undefined>();
  const target = (name: string): Target | undefined => {
    if (!targets.has(name)) targets.set(name, findTarget(options, name));
    return targets.get(name);
  };
  return records.map((record, index) => {
    const draft: Draft = { index, id: null, values: {}, parents: [], error: undefined };
    readRecord(draft, record, target, options);
    return draft;
  });
}

function readRecord(
  draft: Draft,
  record: InputRecord,
  target: (name: string) => Target | undefined,
  options: DraftOptions,
): void {
  const { context, object } = options;
  const coercion = { text: context.values === 'text', truncate: context.truncate ?? false };
  const refused: string[] = [];
  for (const [name, value] of Object.entries(record)) {
    if (name === 'attributes') continue;
    try {
      const found = target(name);
      if (found === undefined) throw unknownField(object, name);
      if (found.kind === 'parent') readParent(draft, found, value, options);
      else if (found.field.type === 'id') draft.id = readId(value);
      else if (mayWrite(found.field, options))
        draft.values[found.field.name] = coerce(found.field, value, coercion);
      else refused.push(found.field.name);
    } catch (error) {
      if (!(error instanceof SalesforceError) || (!error.ofRecord && !coercion.text)) throw error;
      draft.error ??= error;
    }
  }
  if (refused.length > 0) draft.error ??= notWritable(refused);
}

function readId(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
}

function mayWrite(field: FieldDef, { writing, allowed }: DraftOptions): boolean {
  return field[writing] || allowed?.includes(field.name) === true;
}

export function notWritable(names: readonly string[]): SalesforceError {
  return new SalesforceError(
    'INVALID_FIELD_FOR_INSERT_UPDATE',
    `Unable to create/update fields: ${names.join(', ')}. Please check the security settings of this field and verify that it is read/write for your profile or permission set.`,
    { fields: names },
  );
}

function unknownField(object: ObjectDef, name: string): SalesforceError {
  return new SalesforceError(
    'INVALID_FIELD',
    `No such column '${name}' on sobject of type ${object.name}`,
  );
}

/** A field's name, or `Account` / `Account.Ext__c` / `Owner:User.Username` for a reference by the parent's key. */
function findTarget({ schema, object }: DraftOptions, name: string): Target | undefined {
  const field = schema.findField(object, name);
  if (field !== undefined) return { kind: 'field', field };
  const [path = '', keyName] = name.split('.');
  const [relationship = '', type] = path.split(':');
  const reference = schema.findReference(object, relationship);
  if (reference === undefined) return undefined;
  const parent = schema.findObject(type ?? reference.referenceTo[0] ?? '');
  if (parent === undefined || !reference.referenceTo.includes(parent.name)) return undefined;
  if (keyName === undefined) return { kind: 'parent', field: reference, parent, key: undefined };
  const key = schema.findField(parent, keyName);
  return key === undefined ? undefined : { kind: 'parent', field: reference, parent, key };
}

/** `{ "Account": { "attributes": { "type": "Account" }, "Ext__c": "x" } }`, `{ "Account": null }`, or a cell. */
function readParent(
  draft: Draft,
  target: Extract<Target, { kind: 'parent' }>,
  given: unknown,
  options: DraftOptions,
): void {
  const { field } = target;
  if (!mayWrite(field, options)) throw notWritable([field.name]);
  if (given === null || given === undefined || given === '') {
    draft.values[field.name] = null;
    return;
  }
  const text = options.context.values === 'text';
  const found =
    typeof given === 'object' && target.key === undefined
      ? keyOf(given, target, options.schema)
      : undefined;
  const parent = found?.parent ?? target.parent;
  const key = found?.key ?? target.key;
  const value = found === undefined ? given : found.value;
  if (key === undefined || typeof value === 'object') throw badParent(field);
  if (!(key.externalId || key.idLookup)) throw badParent(field);
  draft.parents.push({ field, parent, key, value: coerce(key, value, { text, truncate: false }) });
}

function keyOf(
  given: object,
  target: Extract<Target, { kind: 'parent' }>,
  schema: Schema,
): { parent: ObjectDef; key: FieldDef | undefined; value: unknown } | undefined {
  const entries = Object.entries(given);
  const attributes: unknown = entries.find(([name]) => name === 'attributes')?.[1];
  const type =
    typeof attributes === 'object' && attributes !== null && 'type' in attributes
      ? attributes.type
      : undefined;
  const parent = typeof type === 'string' ? schema.findObject(type) : target.parent;
  const keys = entries.filter(([name]) => name !== 'attributes');
  const [first] = keys;
  if (parent === undefined || first === undefined || keys.length > 1) return undefined;
  return { parent, key: schema.findField(parent, first[0]), value: first[1] };
}

function badParent(field: FieldDef): SalesforceError {
  return new SalesforceError(
    'INVALID_FIELD',
    `Foreign key external ID: a reference by ${field.relationshipName ?? field.name} needs exactly one external ID field of the parent`,
    { fields: [field.name] },
  );
}
