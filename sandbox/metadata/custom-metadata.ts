import { z } from 'zod';

import { coerce, type StoredValue } from '../records/coerce.ts';
import type { SystemWrite } from '../records/system-records.ts';
import { SalesforceError } from '../salesforce-error.ts';
import type { FieldDef } from '../schema/field.ts';
import { metadataId } from '../schema/metadata-id.ts';
import type { ObjectDef } from '../schema/schema.ts';
import { tableName } from '../store/layout.ts';
import { insertRows, updateRows, type StoredRecord } from '../store/rows.ts';
import type { Component } from './components.ts';
import { readXml, rootOf } from './envelope.ts';
import { many } from './xml-shapes.ts';

/** A value with its type (`xsi:type`), as a list since other files have lists of that name. */
const Value = z
  .array(
    z.union([
      z.null(),
      z.string(),
      z.looseObject({ '#text': z.string().optional() }).transform((value) => value['#text'] ?? ''),
    ]),
  )
  .transform(([value]) => value ?? null);

const Values = many(z.looseObject({ field: z.string(), value: Value.optional() }));

const CustomMetadata = z.looseObject({
  label: z.string().min(1),
  values: Values,
});

/** A record of a custom metadata type is kept as it came, and is a row of the type's table besides. */
export const CUSTOM_METADATA_ACTOR = {
  async keep(write: SystemWrite, { fullName, body }: Component): Promise<undefined> {
    const { object, name } = target(write, fullName);
    const parsed = CustomMetadata.safeParse(
      rootOf(readXml(body.toString('utf8')), 'CustomMetadata'),
    );
    if (!parsed.success)
      throw new SalesforceError('INVALID_INPUT', `${fullName}: the record is malformed`);
    const record: Record<string, StoredValue> = {
      DeveloperName: name,
      MasterLabel: parsed.data.label,
      Language: 'en_US',
      SystemModstamp: `${write.now.toISOString().slice(0, 19)}.000Z`,
    };
    for (const field of object.fields.filter(({ custom }) => custom))
      if (field.column !== null && field.generated === null)
        record[field.name] = field.type === 'boolean' ? false : null;
    for (const { field: fieldName, value } of parsed.data.values) {
      const field = write.schema.findField(object, fieldName);
      if (field === undefined || !field.custom)
        throw new SalesforceError(
          'INVALID_INPUT',
          `Invalid field: ${fieldName} in related list: ${object.name}`,
        );
      record[field.name] = valueOf(write, field, value ?? null);
    }
    await save(write, object, record);
  },
  async drop(write: SystemWrite, fullName: string): Promise<void> {
    const { object, name } = target(write, fullName);
    await write.client.query(
      `/* dropCustomMetadata */ delete from ${tableName(object)} where developername = $1`,
      [name],
    );
  },
};

/** `Setting.Fast`, of the type `Setting__mdt`. */
function target(
  { schema }: SystemWrite,
  fullName: string,
): { readonly object: ObjectDef; readonly name: string } {
  const [type = '', name = ''] = fullName.split('.');
  const object = schema.findObject(type.endsWith('__mdt') ? type : `${type}__mdt`);
  if (object === undefined || name === '')
    throw new SalesforceError(
      'INVALID_CROSS_REFERENCE_KEY',
      `In field: type - no CustomObject named ${type}__mdt found`,
    );
  return { object, name };
}

/** Files tell a relationship by the other record's name; the record need not be there yet. */
function valueOf({ schema }: SystemWrite, field: FieldDef, value: string | null): StoredValue {
  if (value === null || value === '') return field.type === 'boolean' ? false : null;
  if (field.type !== 'reference') return coerce(field, value, { text: true, truncate: false });
  const [to = ''] = field.referenceTo;
  if (!to.endsWith('__mdt')) return value;
  const parent = schema.findObject(to);
  return metadataId(
    parent?.keyPrefix ?? '',
    value.includes('.') ? value : `${to.slice(0, -5)}.${value}`,
  );
}

async function save(
  { client }: SystemWrite,
  object: ObjectDef,
  record: StoredRecord,
): Promise<void> {
  const id = metadataId(
    object.keyPrefix ?? '',
    `${object.name.replace(/__mdt$/, '')}.${String(record['DeveloperName'])}`,
  );
  const complete = { ...record, Id: id };
  const fields = object.fields.filter(({ name }) => name in complete);
  const { rowCount } = await client.query(
    `/* findCustomMetadata */ select from ${tableName(object)} where id = $1`,
    [id],
  );
  if (rowCount === 0) await insertRows(client, { object, fields }, [complete]);
  else await updateRows(client, { object, fields }, [complete]);
}
