import { createHash } from 'node:crypto';

import type { FieldDef, FieldType } from '../schema/field.ts';
import type { ObjectDef } from '../schema/schema.ts';
import { changeEventName, eventPath, fieldsOf } from './event-fields.ts';

/** An Avro type, as schemas are written. */
type Avro = string | readonly Avro[] | { readonly [key: string]: AvroValue };
type AvroValue = Avro | null | readonly AvroField[];

interface AvroField {
  readonly name: string;
  readonly type: Avro;
  readonly doc?: string;
  readonly default?: null;
}

export interface EventSchema {
  readonly id: string;
  /** The channel its events are on. */
  readonly topic: string;
  readonly avro: {
    readonly [key: string]: AvroValue;
    readonly name: string;
    readonly fields: readonly AvroField[];
  };
}

const NAMESPACE = 'com.sforce.eventbus';

const schemas = new WeakMap<ObjectDef, EventSchema>();

/**
 * The Avro schema of an object's events, of the same shape as Salesforce's: a change event for a record's object, the
 * event itself for a `…__e`. Its id is a digest of it, so it stays the same as long as the fields do.
 */
export function eventSchema(object: ObjectDef): EventSchema {
  const known = schemas.get(object);
  if (known !== undefined) return known;
  const platform = object.name.endsWith('__e');
  const name = platform ? object.name : changeEventName(object.name);
  const fields = platform ? platformFields(object) : [CHANGE_EVENT_HEADER, ...changeFields(object)];
  const avro = { type: 'record', name, namespace: NAMESPACE, fields };
  const id = createHash('sha256')
    .update(JSON.stringify(avro))
    .digest()
    .subarray(0, 16)
    .toString('base64url');
  const schema = { id, topic: platform ? `/event/${name}` : `/data/${name}`, avro };
  schemas.set(object, schema);
  return schema;
}

const STRINGS: Avro = { type: 'array', items: 'string' };

const CHANGE_EVENT_HEADER: AvroField = {
  name: 'ChangeEventHeader',
  type: {
    type: 'record',
    name: 'ChangeEventHeader',
    fields: [
      { name: 'entityName', type: 'string' },
      { name: 'recordIds', type: STRINGS },
      {
        name: 'changeType',
        type: {
          type: 'enum',
          name: 'ChangeType',
          symbols: [
            'CREATE',
            'UPDATE',
            'DELETE',
            'UNDELETE',
            'GAP_CREATE',
            'GAP_UPDATE',
            'GAP_DELETE',
            'GAP_UNDELETE',
            'GAP_OVERFLOW',
            'SNAPSHOT',
          ],
        },
      },
      { name: 'changeOrigin', type: 'string' },
      { name: 'transactionKey', type: 'string' },
      { name: 'sequenceNumber', type: 'int' },
      { name: 'commitTimestamp', type: 'long' },
      { name: 'commitNumber', type: 'long' },
      { name: 'commitUser', type: 'string' },
      { name: 'nulledFields', type: STRINGS },
      { name: 'diffFields', type: STRINGS },
      { name: 'changedFields', type: STRINGS },
    ],
  },
};

function platformFields(object: ObjectDef): readonly AvroField[] {
  return [
    { name: 'CreatedDate', type: 'long', doc: 'CreatedDate:DateTime' },
    { name: 'CreatedById', type: 'string', doc: 'CreatedBy:EntityId' },
    ...object.fields.filter(({ custom }) => custom).map((field) => optional(field.name, field)),
  ];
}

function changeFields(object: ObjectDef): readonly AvroField[] {
  const fields: AvroField[] = [];
  const parts = new Map<string, AvroField[]>();
  for (const field of fieldsOf(object)) {
    const [name, part] = eventPath(object, field);
    if (part === undefined) {
      fields.push(optional(name, field));
      continue;
    }
    const siblings = parts.get(name);
    if (siblings !== undefined) {
      siblings.push(optional(part, field));
      continue;
    }
    const own: AvroField[] = [optional(part, field)];
    parts.set(name, own);
    fields.push({ name, type: compound(name, own), default: null });
  }
  return fields;
}

/** A compound field's record. A name is Salesforce's switchable one: a plain string where the object has no parts. */
function compound(name: string, parts: readonly AvroField[]): Avro {
  const kind = name === 'Name' ? 'Switchable_PersonName' : `${name}_Compound`;
  const record = { type: 'record', name: kind, fields: parts };
  return name === 'Name' ? ['null', 'string', record] : ['null', record];
}

function optional(name: string, field: FieldDef): AvroField {
  return { name, type: ['null', avroType(field)], doc: `Data:${docType(field)}`, default: null };
}

const AVRO_TYPES: Readonly<Partial<Record<FieldType, string>>> = {
  boolean: 'boolean',
  int: 'int',
  long: 'long',
  date: 'long',
  datetime: 'long',
  time: 'long',
  double: 'double',
  currency: 'double',
  percent: 'double',
};

function avroType({ type }: Pick<FieldDef, 'type'>): string {
  return AVRO_TYPES[type] ?? 'string';
}

const DOC_TYPES: Readonly<Record<string, string>> = {
  boolean: 'Boolean',
  int: 'Integer',
  long: 'Long',
  double: 'Double',
  currency: 'Currency',
  percent: 'Percent',
  date: 'DateOnly',
  datetime: 'DateTime',
  time: 'TimeOnly',
  reference: 'EntityId',
  email: 'Email',
  phone: 'Phone',
  url: 'Url',
  picklist: 'DynamicEnum',
  multipicklist: 'MultiEnum',
  textarea: 'StringPlusClob',
};

function docType({ type }: Pick<FieldDef, 'type'>): string {
  return DOC_TYPES[type] ?? 'Text';
}
