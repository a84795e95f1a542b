import { z } from 'zod';

import {
  auditFields,
  defineField,
  defineObject,
  id,
  isDeleted,
  ownerId,
  viewedFields,
  type FieldOptions,
} from './define.ts';
import type { FieldDef, FieldType } from './field.ts';
import type { ObjectDef } from './schema.ts';

/** API names of what administrators add: a letter, then letters, digits and single underscores, at most 40, then `__c`. */
const CUSTOM_NAME = /^[A-Za-z](?:[A-Za-z0-9]|_(?!_)){0,39}__(?:c|e)$/;
const CUSTOM_NAME_MESSAGE =
  'The name can only contain underscores and alphanumeric characters. It must begin with a letter and be unique, cannot end with an underscore, and cannot contain two consecutive underscores';

const Name = z.string().regex(CUSTOM_NAME, CUSTOM_NAME_MESSAGE);

/** The types of the Metadata API, which differ from describe's. */
const MetadataType = z.enum([
  'AutoNumber',
  'Lookup',
  'MasterDetail',
  'Checkbox',
  'Currency',
  'Date',
  'DateTime',
  'Email',
  'EncryptedText',
  'Html',
  'Location',
  'LongTextArea',
  'MultiselectPicklist',
  'Number',
  'Percent',
  'Phone',
  'Picklist',
  'Text',
  'TextArea',
  'Time',
  'Url',
]);

const Values = z.array(
  z.object({
    fullName: z.string().min(1).max(255),
    label: z.string().optional(),
    default: z.coerce.boolean().optional(),
    isActive: z.boolean().optional(),
  }),
);

const ValueSet = z.object({
  restricted: z.boolean().optional(),
  controllingField: z.string().optional(),
  valueSetDefinition: z.object({ sorted: z.boolean().optional(), value: Values }),
});

/** A custom field as the Metadata and Tooling APIs give it; what is stored of it. */
export const CustomField = z
  .object({
    fullName: Name,
    label: z.string().min(1).max(40),
    type: MetadataType,
    length: z.number().int().min(1).max(131_072).optional(),
    precision: z.number().int().min(1).max(18).optional(),
    scale: z.number().int().min(0).max(18).optional(),
    required: z.boolean().optional(),
    unique: z.boolean().optional(),
    caseSensitive: z.boolean().optional(),
    externalId: z.boolean().optional(),
    defaultValue: z.union([z.string(), z.boolean(), z.number()]).nullish(),
    description: z.string().nullish(),
    inlineHelpText: z.string().nullish(),
    displayFormat: z.string().nullish(),
    startingNumber: z.number().int().optional(),
    referenceTo: z.string().nullish(),
    relationshipName: z.string().nullish(),
    relationshipLabel: z.string().nullish(),
    deleteConstraint: z.enum(['SetNull', 'Restrict', 'Cascade']).nullish(),
    valueSet: ValueSet.nullish(),
    displayLocationInDecimal: z.boolean().optional(),
    visibleLines: z.number().optional(),
  })
  .readonly();
export type CustomField = z.infer<typeof CustomField>;

export const CustomObject = z
  .object({
    fullName: Name,
    label: z.string().min(1).max(40),
    pluralLabel: z.string().min(1).max(40),
    keyPrefix: z.string().length(3),
    nameField: z
      .object({
        label: z.string().min(1),
        type: z.enum(['Text', 'AutoNumber']),
        displayFormat: z.string().optional(),
      })
      .optional(),
  })
  .readonly();
export type CustomObject = z.infer<typeof CustomObject>;

/** The describe type of each metadata type. */
const TYPES: Readonly<Record<z.infer<typeof MetadataType>, FieldType>> = {
  AutoNumber: 'string',
  Lookup: 'reference',
  MasterDetail: 'reference',
  Checkbox: 'boolean',
  Currency: 'currency',
  Date: 'date',
  DateTime: 'datetime',
  Email: 'email',
  EncryptedText: 'encryptedstring',
  Html: 'textarea',
  Location: 'location',
  LongTextArea: 'textarea',
  MultiselectPicklist: 'multipicklist',
  Number: 'double',
  Percent: 'percent',
  Phone: 'phone',
  Picklist: 'picklist',
  Text: 'string',
  TextArea: 'textarea',
  Time: 'time',
  Url: 'url',
};

/** The fields a definition makes: one, but three for a location (the compound one and its two coordinates). */
export function customField(definition: CustomField): readonly FieldDef[] {
  if (definition.type === 'Location') return locationFields(definition);
  const { fullName, label } = definition;
  return [
    defineField(fullName, TYPES[definition.type], label, {
      ...common(definition),
      ...byType(definition),
    }),
  ];
}

function common(definition: CustomField): FieldOptions {
  const required = definition.required === true || definition.type === 'MasterDetail';
  return {
    custom: true,
    externalId: definition.externalId ?? false,
    unique: definition.unique ?? false,
    caseSensitive: definition.caseSensitive ?? false,
    idLookup: definition.externalId === true || definition.unique === true,
    inlineHelpText: definition.inlineHelpText ?? null,
    ...(definition.type === 'Checkbox' ? {} : { nillable: !required, permissionable: !required }),
  };
}

function byType(definition: CustomField): FieldOptions {
  const { type, length, precision = 18, scale = 0 } = definition;
  switch (type) {
    case 'Text':
    case 'EncryptedText':
      return { length: length ?? 255 };
    case 'TextArea':
      return { length: 255 };
    case 'LongTextArea':
    case 'Html':
      return {
        length: length ?? 32_768,
        extraTypeInfo: type === 'Html' ? 'richtextarea' : 'plaintextarea',
        htmlFormatted: type === 'Html',
      };
    case 'Number':
    case 'Currency':
    case 'Percent':
      return { precision, scale };
    case 'Checkbox':
      return { defaultValue: String(definition.defaultValue ?? false) === 'true' };
    case 'AutoNumber':
      return {
        length: 30,
        autoNumber: true,
        displayFormat: definition.displayFormat ?? '{0}',
        nillable: false,
        defaultedOnCreate: true,
        permissionable: true,
      };
    case 'Picklist':
    case 'MultiselectPicklist':
      return picklistOptions(definition);
    case 'Lookup':
    case 'MasterDetail':
      return referenceOptions(definition);
    case 'Date':
    case 'DateTime':
    case 'Email':
    case 'Location':
    case 'Phone':
    case 'Time':
    case 'Url':
    default:
      return {};
  }
}

function picklistOptions({ valueSet, type }: CustomField): FieldOptions {
  const values = valueSet?.valueSetDefinition.value ?? [];
  const defaultValue = values.find((value) => value.default === true)?.fullName ?? null;
  return {
    length: type === 'Picklist' ? 255 : 4_099,
    values: values.map(({ fullName, label }) => [fullName, label ?? fullName] as const),
    defaultValue,
    defaultedOnCreate: defaultValue !== null,
    restrictedPicklist: valueSet?.restricted ?? false,
    ...(type === 'Picklist' ? {} : { groupable: false, sortable: false, aggregatable: false }),
  };
}

function referenceOptions(definition: CustomField): FieldOptions {
  const { fullName, type, referenceTo, relationshipName, deleteConstraint } = definition;
  const master = type === 'MasterDetail';
  return {
    referenceTo: referenceTo === null || referenceTo === undefined ? [] : [referenceTo],
    relationshipName: fullName.replace(/__c$/, '__r'),
    ...(relationshipName === null || relationshipName === undefined
      ? {}
      : { children: `${relationshipName}__r` }),
    onParentDelete:
      master || deleteConstraint === 'Cascade'
        ? 'cascade'
        : deleteConstraint === 'Restrict'
          ? 'restrict'
          : 'clear',
    ...(master
      ? {
          updateable: false,
          relationshipOrder: 0,
          cascadeDelete: true,
          writeRequiresMasterRead: false,
        }
      : {}),
  };
}

function locationFields(definition: CustomField): readonly FieldDef[] {
  const { fullName, label, scale = 6 } = definition;
  const base = fullName.replace(/__c$/, '');
  const [latitude, longitude] = [`${base}__Latitude__s`, `${base}__Longitude__s`];
  const part = { custom: true, compoundFieldName: fullName, precision: scale + 3, scale };
  return [
    defineField(latitude, 'double', `${label} (Latitude)`, part),
    defineField(longitude, 'double', `${label} (Longitude)`, part),
    defineField(fullName, 'location', label, {
      custom: true,
      displayLocationInDecimal: definition.displayLocationInDecimal ?? false,
      components: { latitude, longitude },
    }),
  ];
}

/** A custom object with the fields every one has. */
export function customObject({
  fullName,
  label,
  pluralLabel,
  keyPrefix,
  nameField,
}: CustomObject): ObjectDef {
  const auto = nameField?.type === 'AutoNumber';
  const object = defineObject({
    name: fullName,
    label,
    labelPlural: pluralLabel,
    keyPrefix,
    flags: { feedEnabled: false },
    fields: [
      id('Record ID'),
      ownerId({ referenceTo: ['Group', 'User'] }),
      isDeleted(),
      defineField('Name', 'string', nameField?.label ?? `${label} Name`, {
        length: 80,
        nameField: true,
        idLookup: true,
        permissionable: false,
        ...(auto
          ? {
              autoNumber: true,
              nillable: false,
              defaultedOnCreate: true,
              displayFormat: nameField.displayFormat ?? '{0}',
            }
          : { defaultedOnCreate: true }),
      }),
      auditFields(),
      viewedFields(),
    ],
  });
  return { ...object, custom: true };
}
