import type { Org } from '../org.ts';
import { SalesforceError } from '../salesforce-error.ts';
import { changeSchema } from './change-schema.ts';
import { CustomField } from './custom-definition.ts';
import { fieldKey } from './custom-store.ts';
import { metadataId } from './metadata-id.ts';

export { metadataId } from './metadata-id.ts';

const FIELD_PREFIX = '00N';

/** Adds a field, as the Tooling API and the org's own pages do. Resolves to its id. */
export async function addCustomField(
  org: Org,
  fullName: string,
  metadata: Readonly<Record<string, unknown>>,
): Promise<string> {
  const [objectName = '', name = '', more] = fullName.split('.');
  return changeSchema(org, (draft, schema) => {
    const object = schema.findObject(objectName);
    if (object === undefined || object.isView || more !== undefined) {
      throw new SalesforceError(
        'INVALID_INPUT',
        `FullName must be Object.Field__c, of an object of this org: ${fullName}`,
        { fields: ['FullName'] },
      );
    }
    const definition = readField({ ...metadata, fullName: name });
    if (schema.findField(object, name) !== undefined) {
      throw new SalesforceError(
        'DUPLICATE_DEVELOPER_NAME',
        `There is already a field named ${name.replace(/__c$/, '')} on ${object.label}.`,
        { fields: ['FullName'] },
      );
    }
    draft.fields.set(fieldKey(object.name, definition.fullName), {
      object: object.name,
      definition,
    });
    return metadataId(FIELD_PREFIX, `${object.name}.${definition.fullName}`);
  });
}

/** A field's definition, or a refusal that names every fault in it. */
export function readField(metadata: unknown): CustomField {
  const parsed = CustomField.safeParse(metadata);
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) =>
      path.length === 0 ? message : `${path.join('.')}: ${message}`,
    );
    throw new SalesforceError('INVALID_INPUT', faults.join('; '), { fields: ['Metadata'] });
  }
  const { type, unique, externalId, fullName } = parsed.data;
  if ((unique === true || externalId === true) && !KEY_TYPES.has(type)) {
    throw new SalesforceError(
      'INVALID_INPUT',
      `${fullName}: a field of type ${type} cannot be unique or an external ID`,
      { fields: ['Metadata'] },
    );
  }
  return parsed.data;
}

const KEY_TYPES: ReadonlySet<string> = new Set([
  'Text',
  'Number',
  'Email',
  'AutoNumber',
  'MetadataRelationship',
]);
