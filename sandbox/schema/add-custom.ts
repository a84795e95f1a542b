import { createHash } from 'node:crypto';

import { inTransaction } from '../../src/kit/transaction.ts';
import type { Org } from '../org.ts';
import { SalesforceError } from '../salesforce-error.ts';
import { recordId } from '../store/record-id.ts';
import { ensureTables } from '../store/tables.ts';
import { CustomField } from './custom.ts';
import { readCustomSchema, saveCustomField } from './custom-store.ts';
import type { ObjectDef, Schema } from './schema.ts';
import { STANDARD_OBJECTS } from './standard.ts';

const FIELD_PREFIX = '00N';

/**
 * Adds a field: its definition and its column in one transaction, under a lock that puts concurrent additions in a row;
 * only when that has committed does the org show the new schema. A crash before leaves nothing, one after it is found at
 * the next start.
 */
export async function addCustomField(
  org: Org,
  fullName: string,
  metadata: Readonly<Record<string, unknown>>,
): Promise<string> {
  const [objectName = '', name = '', more] = fullName.split('.');
  const object = org.schema().findObject(objectName);
  if (object === undefined || more !== undefined) {
    throw new SalesforceError(
      'INVALID_INPUT',
      `FullName must be Object.Field__c, of an object of this org: ${fullName}`,
    );
  }
  const definition = readDefinition(name, metadata);
  checkReference(org.schema(), object, definition);
  const schema = await inTransaction(org.pool, async (client) => {
    await client.query('lock table custom_fields in exclusive mode');
    const before = await readCustomSchema(client, STANDARD_OBJECTS);
    if (before.findField(object, name) !== undefined) {
      throw new SalesforceError(
        'DUPLICATE_DEVELOPER_NAME',
        `There is already a field named ${name.replace(/__c$/, '')} on ${object.label}.`,
        {
          fields: [],
        },
      );
    }
    await saveCustomField(client, object.name, definition);
    const after = await readCustomSchema(client, STANDARD_OBJECTS);
    await ensureTables(client, after.objects);
    return after;
  });
  org.replaceSchema(schema);
  return metadataId(FIELD_PREFIX, `${object.name}.${definition.fullName}`);
}

function readDefinition(
  fullName: string,
  metadata: Readonly<Record<string, unknown>>,
): CustomField {
  const parsed = CustomField.safeParse({ ...metadata, fullName });
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join('.')}: ${message}`,
  );
  throw new SalesforceError('INVALID_INPUT', faults.join('; '), { fields: ['Metadata'] });
}

function checkReference(
  schema: Schema,
  object: ObjectDef,
  { type, referenceTo, unique, externalId }: CustomField,
): void {
  const reference = type === 'Lookup' || type === 'MasterDetail';
  if (
    reference &&
    (referenceTo === null ||
      referenceTo === undefined ||
      schema.findObject(referenceTo) === undefined)
  ) {
    throw new SalesforceError(
      'INVALID_INPUT',
      `referenceTo must name an object of this org: ${referenceTo ?? ''}`,
      {
        fields: ['Metadata'],
      },
    );
  }
  const keyTypes = ['Text', 'Number', 'Email', 'AutoNumber'];
  if ((unique === true || externalId === true) && !keyTypes.includes(type)) {
    throw new SalesforceError(
      'INVALID_INPUT',
      `A field of type ${type} on ${object.name} cannot be unique or an external ID`,
      {
        fields: ['Metadata'],
      },
    );
  }
}

/** An id for what is no record: always the same for the same name. */
export function metadataId(prefix: string, name: string): string {
  const number = createHash('sha256').update(name.toLowerCase()).digest().readUInt32BE(0);
  return recordId(prefix, BigInt(number));
}
