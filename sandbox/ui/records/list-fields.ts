import type { FieldDef } from '../../schema/field.ts';
import type { ObjectDef } from '../../schema/schema.ts';
import type { Visit } from '../visit.ts';

/** What tells records apart best, first. */
const TELLING = [
  'Email',
  'AccountId',
  'Title',
  'Company',
  'Phone',
  'Status',
  'StageName',
  'Amount',
  'CloseDate',
  'Subject',
  'ActivityDate',
  'Industry',
  'Type',
  'Username',
  'IsActive',
];

const TELLING_MAX = 6;
const CUSTOM_MAX = 3;

/** The columns of a list: the name, what tells records apart, and what was added to the object. */
export function listFields({ org }: Visit, object: ObjectDef): readonly FieldDef[] {
  const find = (wanted: string): readonly FieldDef[] =>
    object.fields.filter(({ name }) => name === wanted);
  const name = org.schema().findNameField(object);
  const custom = object.fields.filter(
    ({ custom, column, type }) => custom && column !== null && type !== 'base64',
  );
  const references = object.fields.filter(
    ({ type, relationshipName, name: own }) =>
      type === 'reference' && relationshipName !== null && !SYSTEM.has(own),
  );
  const telling = [...TELLING.flatMap(find), ...custom.slice(0, CUSTOM_MAX)];
  const columns = [
    ...(name === undefined ? [] : [name]),
    ...(telling.length === 0 ? references.slice(0, CUSTOM_MAX) : telling.slice(0, TELLING_MAX)),
    ...find('LastModifiedDate'),
  ];
  return [...new Set(columns)];
}

const SYSTEM = new Set(['CreatedById', 'LastModifiedById', 'OwnerId', 'MasterRecordId']);
