import type { FieldDef } from '../schema/field.ts';
import type { ObjectDef } from '../schema/schema.ts';

/** System fields that change events never carry. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  'Id',
  'IsDeleted',
  'SystemModstamp',
  'MasterRecordId',
  'LastViewedDate',
  'LastReferencedDate',
  'LastActivityDate',
]);

/** The fields that change events of an object carry: the parts of compound fields, not those themselves. */
export function fieldsOf(object: ObjectDef): readonly FieldDef[] {
  const compounds = new Set(
    object.fields.flatMap(({ name, compoundFieldName }) =>
      compoundFieldName === name ? [] : [compoundFieldName],
    ),
  );
  return object.fields.filter(
    (field) =>
      !LEFT_OUT.has(field.name) &&
      field.type !== 'base64' &&
      field.components === null &&
      !field.calculated &&
      !compounds.has(field.name),
  );
}

/** Where a field stands in an event: `[Email]`, or within its compound field: `[Name, LastName]`, `[MailingAddress, City]`. */
export function eventPath(
  object: ObjectDef,
  field: FieldDef,
): readonly [string] | readonly [string, string] {
  const { compoundFieldName } = field;
  if (compoundFieldName === null || compoundFieldName === field.name) return [field.name];
  const compound = object.fields.find(({ name }) => name === compoundFieldName);
  if (compound === undefined) return [field.name];
  const part = Object.entries(compound.components ?? {}).find(
    ([, name]) => name === field.name,
  )?.[0];
  return [
    compoundFieldName,
    part === undefined ? field.name : part.charAt(0).toUpperCase() + part.slice(1),
  ];
}

/** `Contact` → `ContactChangeEvent`, `Broker__c` → `Broker__ChangeEvent`. */
export function changeEventName(entity: string): string {
  return entity.endsWith('__c') ? `${entity.slice(0, -1)}ChangeEvent` : `${entity}ChangeEvent`;
}
