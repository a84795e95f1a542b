import { SalesforceError } from '../salesforce-error.ts';
import type { FieldDef } from '../schema/field.ts';
import { isValidFor } from '../schema/picklists.ts';
import { MASTER_RECORD_TYPE_ID, type RecordType } from '../schema/record-types.ts';
import type { ObjectDef } from '../schema/schema.ts';
import { good } from './checks.ts';
import { badPicklistValue, type StoredValue } from './coerce.ts';
import type { Dml } from './dml.ts';
import type { Draft } from './draft.ts';

/**
 * Record types and dependent picklists, as the API holds records to them: a restricted picklist takes the values of the
 * record's type and of its controlling field alone, any other takes every value. Only what a call gives is checked.
 */

const FIELD = 'RecordTypeId';

/** A new record without a record type gets its maker's default one. */
export function fillInRecordTypes(dml: Dml, object: ObjectDef, drafts: readonly Draft[]): void {
  if (object.recordTypes.length > 0) {
    const types = seen(dml, object);
    const byDefault = types.find(({ isDefault }) => isDefault);
    const person = types.find(({ isPerson, available }) => isPerson && available);
    for (const { values } of good(drafts)) {
      // An account with a last name is to be a person.
      const type = typeof values['LastName'] === 'string' ? (person ?? byDefault) : byDefault;
      values[FIELD] ??= type?.id ?? null;
    }
  }
  checkRecordTypes(dml, object, drafts);
}

/** Refuses record types that are another object's, not active, or not the caller's to give. */
export function checkRecordTypes(dml: Dml, object: ObjectDef, drafts: readonly Draft[]): void {
  for (const draft of good(drafts)) {
    const id = draft.values[FIELD];
    if (typeof id !== 'string') continue;
    if (id === MASTER_RECORD_TYPE_ID) draft.values[FIELD] = null;
    else if (!seen(dml, object).some((type) => type.id === id && type.available))
      draft.error = new SalesforceError(
        'INVALID_CROSS_REFERENCE_KEY',
        `Record Type ID: this ID value isn't valid for the user: ${id}`,
        { fields: [FIELD] },
      );
  }
}

function seen({ visible }: Dml, object: ObjectDef): readonly RecordType[] {
  return visible.findObject(object.name)?.recordTypes ?? [];
}

function typeOf(object: ObjectDef, id: unknown): RecordType | undefined {
  return object.recordTypes.find((type) => type.id === id);
}

/** The value a picklist has of itself in a record of its type. */
export function defaultFor(
  object: ObjectDef,
  field: FieldDef,
  values: Readonly<Record<string, StoredValue>>,
): StoredValue {
  const narrowed = typeOf(object, values[FIELD])?.picklists.get(field.name.toLowerCase());
  if (narrowed === undefined) return field.defaultValue;
  // A status must be one, also where the type names none.
  return narrowed.defaultValue ?? (field.nillable ? null : field.defaultValue);
}

/** What an update must know of the record besides what it writes. */
export function picklistReads(object: ObjectDef): readonly string[] {
  return [
    ...(object.recordTypes.length > 0 ? [FIELD] : []),
    ...object.fields.flatMap(({ controllerName }) => controllerName ?? []),
  ];
}

/** Refuses values that a restricted picklist does not take in this record. */
export function checkPicklists(
  object: ObjectDef,
  drafts: readonly Draft[],
  before: ReadonlyMap<string, Readonly<Record<string, unknown>>> = new Map(),
): void {
  const restricted = object.fields.filter(
    ({ restrictedPicklist, name, controllerName }) =>
      restrictedPicklist &&
      (controllerName !== null ||
        object.recordTypes.some(({ picklists }) => picklists.has(name.toLowerCase()))),
  );
  if (restricted.length === 0) return;
  for (const draft of good(drafts)) {
    const old = before.get(draft.id ?? '') ?? {};
    const record = { ...old, ...draft.values };
    for (const field of restricted) {
      const value = draft.values[field.name];
      // What an update leaves as it was stays, though it would be refused today.
      if (typeof value !== 'string' || value === old[field.name]) continue;
      const bad = value
        .split(field.type === 'multipicklist' ? ';' : '\0')
        .find((part) => !takes({ object, record }, field, part));
      if (bad !== undefined) draft.error ??= badPicklistValue(field, bad);
    }
  }
}

function takes(
  {
    object,
    record,
  }: { readonly object: ObjectDef; readonly record: Readonly<Record<string, unknown>> },
  field: FieldDef,
  value: string,
): boolean {
  const narrowed = typeOf(object, record[FIELD])?.picklists.get(field.name.toLowerCase());
  if (narrowed !== undefined && !narrowed.values.has(value)) return false;
  const defined = field.picklistValues.find((one) => one.value === value);
  const controller = object.fields.find(({ name }) => name === field.controllerName);
  if (defined === undefined || controller === undefined) return true;
  const controlling = record[controller.name];
  return isValidFor(
    defined,
    controller,
    typeof controlling === 'string' || typeof controlling === 'boolean' ? controlling : null,
  );
}
