import { addressFields, flag, lookup, pick, READ_ONLY, SYSTEM } from './define.ts';
import type { FieldDef } from './field.ts';
import type { ObjectDef } from './schema.ts';

/**
 * Person accounts: an account that is a person has a contact of its own, the twin, and shows the contact's fields as
 * `Person…` and `…__pc`. Both records hold the values; the writing engine keeps them in step.
 */

/** Fields of the contact that the account shows under the same name. */
const NAME_FIELDS = ['LastName', 'FirstName', 'Salutation'] as const;

/** Fields of the contact that the account shows with `Person` before their name, in describe order. */
const PERSON_FIELDS = [
  ...addressNames('Mailing'),
  ...addressNames('Other'),
  'MobilePhone',
  'HomePhone',
  'OtherPhone',
  'AssistantPhone',
  'Email',
  'Title',
  'Department',
  'AssistantName',
  'LeadSource',
  'Birthdate',
  'HasOptedOutOfEmail',
  'HasOptedOutOfFax',
  'DoNotCall',
  'LastCURequestDate',
  'LastCUUpdateDate',
  'EmailBouncedReason',
  'EmailBouncedDate',
  'IndividualId',
  'Pronouns',
  'GenderIdentity',
] as const;

/** What an account calls otherwise than the contact does. */
const LABELS: Readonly<Record<string, string>> = {
  MobilePhone: 'Mobile',
  AssistantPhone: 'Asst. Phone',
  AssistantName: 'Assistant',
};

/** Shorter than a contact's. */
const TITLE_LENGTH = 80;

/** What the account has although the contact of an org without person accounts does not show it. */
const OF_PERSONS: readonly FieldDef[] = [
  flag('HasOptedOutOfEmail', 'Email Opt Out', { permissionable: true }),
  flag('HasOptedOutOfFax', 'Fax Opt Out', { permissionable: true }),
  flag('DoNotCall', 'Do Not Call', { permissionable: true }),
  pick('Pronouns', 'Pronouns', [
    'He/Him',
    'She/Her',
    'They/Them',
    'He/They',
    'She/They',
    'Not Listed',
  ]),
  pick('GenderIdentity', 'Gender Identity', ['Male', 'Female', 'Nonbinary', 'Not Listed']),
];

function addressNames(prefix: string): readonly string[] {
  return addressFields(prefix, '').map(({ name }) => name);
}

/** A field of the account and the field of the contact that holds the same value. */
export interface Twin {
  readonly account: string;
  readonly contact: string;
}

/** Every pair of fields that are kept in step. */
export function twinsOf(account: ObjectDef, contact: ObjectDef): readonly Twin[] {
  const stored = new Set(
    contact.fields.flatMap(({ name, column, generated }) =>
      column === null || generated !== null ? [] : [name],
    ),
  );
  return account.fields.flatMap(({ name }) => {
    const twin = twinName(name);
    return twin !== undefined && stored.has(twin) ? [{ account: name, contact: twin }] : [];
  });
}

function twinName(name: string): string | undefined {
  if (NAME_FIELDS.some((own) => own === name)) return name;
  if (name.endsWith('__pc')) return `${name.slice(0, -2)}c`;
  const person = /^Person(.+)$/.exec(name)?.[1];
  return person !== undefined && PERSON_FIELDS.some((own) => own === person) ? person : undefined;
}

/** The objects of an org with person accounts. */
export function withPersonAccounts(objects: readonly ObjectDef[]): readonly ObjectDef[] {
  const contact = objects.find(({ name }) => name === 'Contact');
  if (contact === undefined) return objects;
  return objects.map((object) => {
    switch (object.name) {
      case 'Account':
        return { ...object, fields: accountFields(object, contact) };
      case 'Contact':
        return { ...object, fields: [...object.fields, ...contactFields(object)] };
      case 'RecordType':
        return {
          ...object,
          fields: [...object.fields, flag('IsPersonType', 'Is Person Type', SYSTEM)],
        };
      default:
        return object;
    }
  });
}

function contactFields(contact: ObjectDef): readonly FieldDef[] {
  const missing = OF_PERSONS.filter(({ name }) => !contact.fields.some((own) => own.name === name));
  return [...missing, flag('IsPersonAccount', 'Is Person Account', SYSTEM)];
}

function accountFields(account: ObjectDef, contact: ObjectDef): readonly FieldDef[] {
  const find = (name: string): FieldDef | undefined =>
    [...contact.fields, ...OF_PERSONS].find((field) => field.name === name);
  const names = NAME_FIELDS.flatMap((name) => {
    const field = find(name);
    return field === undefined ? [] : [nameField(field)];
  });
  const persons = PERSON_FIELDS.flatMap((name) => {
    const field = find(name);
    return field === undefined ? [] : [personField(field)];
  });
  const standard = account.fields.filter(({ custom }) => !custom);
  const after = (wanted: string): number => standard.findIndex(({ name }) => name === wanted) + 1;
  const [at, end] = [after('Name'), after('LastReferencedDate')];
  const custom = contact.fields.filter((field) => field.custom && !field.calculated);
  return [
    ...standard.slice(0, at).map(
      // A person's name is made of its parts.
      (field): FieldDef =>
        field.name === 'Name' ? { ...field, nillable: true, required: false } : field,
    ),
    ...names,
    ...standard.slice(at, end),
    lookup('PersonContactId', 'Contact ID', ['Contact'], READ_ONLY),
    flag('IsPersonAccount', 'Is Person Account', { ...SYSTEM, permissionable: false }),
    ...persons,
    ...standard.slice(end),
    ...account.fields.filter((field) => field.custom),
    ...custom.map((field) => renamed(field, `${field.name.slice(0, -1)}pc`)),
  ];
}

function nameField(field: FieldDef): FieldDef {
  return {
    ...field,
    extraTypeInfo: 'switchablepersonname',
    compoundFieldName: 'Name',
    nillable: true,
    required: false,
    nameField: field.name !== 'Salutation',
  };
}

function personField(field: FieldDef): FieldDef {
  const person = renamed(field, `Person${field.name}`);
  const { components, compoundFieldName } = field;
  return {
    ...person,
    label: LABELS[field.name] ?? field.label,
    ...(field.name === 'Title' ? { length: TITLE_LENGTH, byteLength: 3 * TITLE_LENGTH } : {}),
    compoundFieldName: compoundFieldName === null ? null : `Person${compoundFieldName}`,
    components:
      components === null
        ? null
        : Object.fromEntries(
            Object.entries(components).map(([part, name]) => [part, `Person${name}`]),
          ),
  };
}

/** The same field on another object: with a column of its own, and no way back from its parent. */
function renamed(field: FieldDef, name: string): FieldDef {
  return {
    ...field,
    name,
    column: field.column === null ? null : name.toLowerCase(),
    relationshipName:
      field.relationshipName === null ? null : name.replace(/Id$/, '').replace(/__pc$/, '__pr'),
    childRelationshipName: null,
    onParentDelete: 'clear',
    unique: false,
    idLookup: field.custom && field.idLookup,
    searchPrefilterable: false,
    components: null,
  };
}
