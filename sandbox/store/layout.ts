import { quoteName } from '../../src/kit/identifiers.ts';
import type { FieldDef, FieldType } from '../schema/field.ts';
import type { ObjectDef } from '../schema/schema.ts';

/**
 * Where records lie. One table per sObject in the PostgreSQL schema `org`, named by the lower-case API name; one typed
 * column per field, named by the lower-case API name:
 *
 * | field types | column type |
 * | --- | --- |
 * | id, reference | `text collate "C"` (18 characters, case decides) |
 * | boolean | `boolean not null` |
 * | int | `integer`; long: `bigint` |
 * | double, currency, percent | `double precision` |
 * | date | `date`; datetime: `timestamptz` (whole milliseconds; system fields whole seconds); time: `time(3)` |
 * | base64 | `bytea` |
 * | multipicklist | `text`, the values joined by `;` in the picklist's own order |
 * | address, location | no column: read from the components |
 * | everything else | `text` in the database's collation |
 *
 * A string is never empty: '' is stored as null. Every table has `id` (primary key), `isdeleted boolean not null`, and
 * the index (systemmodstamp, id) where the object has a SystemModstamp. Unique and external-id text fields have an
 * index on lower(column), so compare with lower(). Case-insensitive comparison of text is lower(a) = lower(b).
 *
 * A record is visible to every query from its commit on: late visibility is in the stamp (see records/stamp.ts), so
 * readers need no extra predicate but `not isdeleted`.
 */
export const ORG_SCHEMA = 'org';

/** `"org"."contact"`: where an object's records lie, whoever asks. */
export function storedTable(object: ObjectDef): string {
  return quoteName(ORG_SCHEMA, object.table);
}

/**
 * What to read an object's records from: its table, or for a viewer who may not see all of them a subquery of those he
 * may. Whoever reads by this name obeys record sharing without knowing of it; writing to it fails, as it should.
 */
export function tableName(object: ObjectDef): string {
  if (object.relation !== undefined) return `(${object.relation})`;
  const seen = object.rows?.read;
  if (seen === undefined) return storedTable(object);
  return `(select * from ${storedTable(object)} as record where ${seen})`;
}

/** `"lastname"`; a compound field has none. */
export function columnName(field: FieldDef): string {
  if (field.column === null)
    throw new TypeError(`${field.name} has no column: read its components`);
  return quoteName(field.column);
}

const COLUMN_TYPES: Readonly<Record<FieldType, string>> = {
  id: 'text collate "C"',
  reference: 'text collate "C"',
  boolean: 'boolean',
  int: 'integer',
  long: 'bigint',
  double: 'double precision',
  currency: 'double precision',
  percent: 'double precision',
  date: 'date',
  datetime: 'timestamptz',
  time: 'time(3)',
  base64: 'bytea',
  string: 'text',
  textarea: 'text',
  picklist: 'text',
  multipicklist: 'text',
  combobox: 'text',
  email: 'text',
  phone: 'text',
  url: 'text',
  encryptedstring: 'text',
  anyType: 'text',
  complexvalue: 'text',
  address: 'text',
  location: 'text',
};

/** The PostgreSQL type of a field's column. */
export function columnType(field: FieldDef): string {
  return COLUMN_TYPES[field.type];
}

/** The same without collation, for casts of parameters: `$1::text[]`. */
export function castType(field: FieldDef): string {
  return COLUMN_TYPES[field.type].replace(' collate "C"', '');
}
