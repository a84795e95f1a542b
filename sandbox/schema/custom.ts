import { readLookupFilter } from './lookup-filter.ts';
import { defineField, type FieldOptions } from './define.ts';
import type { CustomField, MetadataType } from './custom-definition.ts';
import type { FieldDef, FieldType } from './field.ts';
import type { Parts } from './part.ts';
import { picklistValue, valuesOf } from './picklists.ts';

export { CustomField, CustomObject } from './custom-definition.ts';

/** The describe type of each metadata type. */
const TYPES: Readonly<Record<MetadataType, FieldType>> = {
  AutoNumber: 'string',
  Hierarchy: 'reference',
  Lookup: 'reference',
  MasterDetail: 'reference',
  MetadataRelationship: 'reference',
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
  Summary: 'double',
  Text: 'string',
  TextArea: 'textarea',
  Time: 'time',
  Url: 'url',
};

/** The fields a definition makes: one, but three for a location (the compound one and its two coordinates). */
export function customField(definition: CustomField, parts: Parts): readonly FieldDef[] {
  if (definition.type === 'Location') return locationFields(definition);
  const { fullName, label } = definition;
  return [
    defineField(fullName, TYPES[definition.type], label, {
      ...common(definition),
      ...byType(definition, parts),
      ...formula(definition),
      ...summary(definition),
      ...defaultFormula(definition),
      ...filtered(definition),
    }),
  ];
}

/** A formula is computed when it is read (`withFormulas` gives it its SQL): it has no column. */
function formula({ formula: text, formulaTreatBlanksAs, type }: CustomField): FieldOptions {
  if (text === undefined || text === null) return {};
  return {
    calculated: true,
    column: null,
    calculatedFormula: text,
    formulaTreatNullNumberAsZero: formulaTreatBlanksAs === 'BlankAsZero',
    createable: false,
    updateable: false,
    nillable: type !== 'Checkbox',
    permissionable: true,
    defaultedOnCreate: false,
    ...(type === 'Text' ? { length: 1_300 } : {}),
  };
}

/** A sum is stored with its parent, and computed by the org whenever a child is written. */
function summary(definition: CustomField): FieldOptions {
  if (definition.type !== 'Summary') return {};
  const { summaryOperation, summarizedField, summaryForeignKey, summaryFilterItems } = definition;
  const [child = '', reference = ''] = (summaryForeignKey ?? '').split('.');
  const operation = summaryOperation ?? 'count';
  return {
    calculated: true,
    createable: false,
    updateable: false,
    permissionable: true,
    precision: 18,
    summary: {
      operation,
      child,
      reference,
      field: operation === 'count' ? null : (summarizedField?.split('.').at(-1) ?? ''),
      filters: (summaryFilterItems ?? []).map(({ field, operation: operator, value }) => ({
        field: field.split('.').at(-1) ?? '',
        operator,
        value: value ?? '',
      })),
    },
  };
}

const NO_DEFAULT_FORMULA: ReadonlySet<MetadataType> = new Set([
  'AutoNumber',
  'Checkbox',
  'Lookup',
  'MasterDetail',
  'MultiselectPicklist',
  'Picklist',
  'Summary',
]);

/** The value a new record has of itself is a formula, but of checkboxes and picklists. */
function defaultFormula({ type, defaultValue, formula: text }: CustomField): FieldOptions {
  const given = defaultValue ?? null;
  if (given === null || given === '' || NO_DEFAULT_FORMULA.has(type)) return {};
  return text === undefined || text === null ? { defaultValueFormula: String(given) } : {};
}

function filtered(definition: CustomField): FieldOptions {
  const lookupFilter = readLookupFilter(definition.lookupFilter);
  if (lookupFilter?.active !== true) return {};
  const controllingFields = lookupFilter.filterItems
    .flatMap(({ field, valueField }) => [field, valueField ?? ''])
    .filter((name) => name.startsWith('$Source.'))
    .map((name) => name.slice('$Source.'.length));
  return {
    lookupFilter,
    filteredLookupInfo: {
      controllingFields: [...new Set(controllingFields)],
      dependent: controllingFields.length > 0,
      optionalFilter: lookupFilter.isOptional,
    },
  };
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
    permissionable: !required,
    ...(definition.type === 'Checkbox' ? {} : { nillable: !required }),
  };
}

function byType(definition: CustomField, parts: Parts): FieldOptions {
  const { type, length, precision = 18, scale = 0 } = definition;
  switch (type) {
    case 'Text':
      return { length: length ?? 255 };
    case 'EncryptedText':
      return encryptedOptions(definition);
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
      return picklistOptions(definition, parts);
    case 'Hierarchy':
      return referenceOptions({ ...definition, referenceTo: 'User' });
    case 'Lookup':
    case 'MasterDetail':
    case 'MetadataRelationship':
      return referenceOptions(definition);
    case 'Date':
    case 'DateTime':
    case 'Email':
    case 'Location':
    case 'Phone':
    case 'Summary':
    case 'Time':
    case 'Url':
    default:
      return {};
  }
}

/** Found by nothing: who may not read it could guess it by asking. */
function encryptedOptions({ length, maskChar, maskType }: CustomField): FieldOptions {
  return {
    length: length ?? 175,
    mask: maskChar === 'X' ? 'X' : '*',
    maskType: maskType ?? 'all',
    filterable: false,
    sortable: false,
    groupable: false,
    aggregatable: false,
  };
}

function picklistOptions(definition: CustomField, parts: Parts): FieldOptions {
  const { valueSet, type } = definition;
  const picklistValues = valuesOf(definition, parts).map(picklistValue);
  const defaultValue =
    picklistValues.find((value) => value.active && value.defaultValue)?.value ?? null;
  return {
    length: type === 'Picklist' ? 255 : 4_099,
    picklistValues,
    defaultValue,
    defaultedOnCreate: defaultValue !== null,
    // The values of a global value set are the only ones, in Salesforce too.
    restrictedPicklist: valueSet?.restricted ?? typeof valueSet?.valueSetName === 'string',
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
          updateable: definition.reparentableMasterDetail ?? false,
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
  // Granted and hidden as one: the coordinates follow the whole.
  const permissionable = definition.required !== true;
  const part = {
    custom: true,
    compoundFieldName: fullName,
    precision: scale + 3,
    scale,
    permissionable,
  };
  return [
    defineField(latitude, 'double', `${label} (Latitude)`, part),
    defineField(longitude, 'double', `${label} (Longitude)`, part),
    defineField(fullName, 'location', label, {
      custom: true,
      permissionable,
      displayLocationInDecimal: definition.displayLocationInDecimal ?? false,
      components: { latitude, longitude },
    }),
  ];
}
