import type { FieldDef } from './field.ts';
import { metadataId } from './metadata-id.ts';
import { findPart, partsOf, type PartOf, type Parts } from './part.ts';

/** A kind of records of one object: which values its picklists may take. */
export interface RecordType {
  /** 18 characters; also of the record of RecordType. */
  readonly id: string;
  readonly developerName: string;
  readonly name: string;
  readonly active: boolean;
  /** Whether the one who sees the schema may give it to records, and whether records he makes get it by themselves. */
  readonly available: boolean;
  readonly isDefault: boolean;
  /** Whether accounts of it are persons. */
  readonly isPerson: boolean;
  /** By lower-case field name; a picklist that is not there takes all its values. */
  readonly picklists: ReadonlyMap<string, RecordTypePicklist>;
}

interface RecordTypePicklist {
  readonly values: ReadonlySet<string>;
  readonly defaultValue: string | null;
}

/** The object by which the Metadata API names record types of person accounts. */
export const PERSON_ACCOUNT = 'PersonAccount';
const RECORD_TYPE_PREFIX = '012';
/** What a record without a record type has. */
export const MASTER_RECORD_TYPE_ID = '012000000000000AAA';

/** The picklist that a business process narrows, by object. */
const PROCESS_FIELDS: Readonly<Record<string, string>> = {
  Case: 'Status',
  Lead: 'Status',
  Opportunity: 'StageName',
  Solution: 'Status',
};

export function recordTypeId({ fullName, definition }: PartOf<'RecordType'>): string {
  return typeof definition['id'] === 'string'
    ? definition['id']
    : metadataId(RECORD_TYPE_PREFIX, fullName);
}

/** The record types of every object, by its lower-case name. The first active one is the default. */
export function recordTypesOf(parts: Parts): ReadonlyMap<string, readonly RecordType[]> {
  const byObject = new Map<string, RecordType[]>();
  for (const part of partsOf(parts, 'RecordType')) {
    const [named = '', developerName = ''] = part.fullName.split('.');
    const isPerson = named.toLowerCase() === PERSON_ACCOUNT.toLowerCase();
    const object = isPerson ? 'Account' : named;
    const list = byObject.get(object.toLowerCase()) ?? [];
    const { label, active } = part.definition;
    list.push({
      id: recordTypeId(part),
      developerName,
      name: label,
      active,
      available: active,
      isDefault: active && !isPerson && !list.some(({ isDefault }) => isDefault),
      isPerson,
      picklists: picklistsOf(part, object, parts),
    });
    byObject.set(object.toLowerCase(), list);
  }
  return byObject;
}

function picklistsOf(
  { definition }: PartOf<'RecordType'>,
  object: string,
  parts: Parts,
): RecordType['picklists'] {
  const picklists = new Map<string, RecordTypePicklist>(
    definition.picklistValues.map(({ picklist, values }) => [
      picklist.toLowerCase(),
      chosen(values),
    ]),
  );
  const process = definition.businessProcess;
  const field = PROCESS_FIELDS[object];
  if (process === undefined || process === null || field === undefined) return picklists;
  const part = findPart(parts, 'BusinessProcess', `${object}.${process}`);
  if (part !== undefined) picklists.set(field.toLowerCase(), chosen(part.definition.values));
  return picklists;
}

/** In these files the values are written as in a URL: `Food %26 Beverage`. */
function chosen(
  values: readonly { readonly fullName: string; readonly default?: boolean | undefined }[],
): RecordTypePicklist {
  return {
    values: new Set(values.map(({ fullName }) => decoded(fullName))),
    defaultValue:
      values
        .filter((value) => value.default === true)
        .map(({ fullName }) => decoded(fullName))[0] ?? null,
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The values a picklist offers in records of a type. */
export function valuesFor(
  field: FieldDef,
  recordType: RecordType | undefined,
): FieldDef['picklistValues'] {
  const narrowed = recordType?.picklists.get(field.name.toLowerCase());
  if (narrowed === undefined) return field.picklistValues;
  return field.picklistValues
    .filter(({ value }) => narrowed.values.has(value))
    .map((value) => ({ ...value, defaultValue: value.value === narrowed.defaultValue }));
}
