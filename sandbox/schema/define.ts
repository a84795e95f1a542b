import type { Summary } from '../formula/summary.ts';
import type { FieldDef, FieldDescribe, FieldType, PicklistValue } from './field.ts';
import type { ObjectDef, ObjectFlags } from './schema.ts';

/**
 * The language the objects of `objects/` are written in: a line per field, with only what differs from what fields of
 * its type are in Salesforce. `define…` expands a line to the 57 keys of describe.
 */
export interface FieldOptions extends Partial<
  Omit<FieldDescribe, 'name' | 'label' | 'type' | 'picklistValues'>
> {
  /** The relationship's name at the parent, for subqueries: `Contacts`. */
  readonly children?: string;
  readonly onParentDelete?: FieldDef['onParentDelete'];
  readonly generated?: string;
  /** A formula: the field shows what stands in other records. */
  readonly derivedFrom?: string;
  readonly lookupFilter?: FieldDef['lookupFilter'];
  readonly displayFormat?: string;
  readonly summary?: Summary;
  /** A picklist's values; the one equal to defaultValue is the default. A pair is a value and its label. */
  readonly values?: readonly (string | readonly [value: string, label: string])[];
  readonly picklistValues?: readonly PicklistValue[];
  readonly components?: Readonly<Record<string, string>>;
  /** False: the column is there for the org itself and hidden from callers. */
  readonly column?: string | null;
}

/** Not writable by callers. */
export const READ_ONLY = { createable: false, updateable: false, permissionable: false } as const;
/** Not empty, and nobody may hide it. */
export const REQUIRED = { nillable: false, permissionable: false } as const;
/** Read only and never empty: what the org itself fills in. */
export const SYSTEM = { ...READ_ONLY, nillable: false, defaultedOnCreate: true } as const;

/** A person's compound name; what PostgreSQL may compute in a row (immutable functions only). */
export const PERSON_NAME = `coalesce(firstname || ' ', '') || lastname`;

const NUMBER_TYPES: ReadonlySet<FieldType> = new Set(['double', 'currency', 'percent']);
const LONG_TEXT_LENGTH = 255;

/** Expands a line to a whole field. */
export function defineField(
  name: string,
  type: FieldType,
  label: string,
  options: FieldOptions = {},
): FieldDef {
  const {
    children,
    onParentDelete,
    generated,
    displayFormat,
    values,
    components,
    column,
    summary,
    derivedFrom,
    lookupFilter,
    ...describe
  } = options;
  const defaults = { ...typeDefaults(type, options), name, label, type };
  const picklistValues =
    options.picklistValues ?? picklist(values ?? [], options.defaultValue ?? null);
  const field: FieldDescribe = { ...defaults, ...describe, picklistValues };
  const compound = components !== undefined || type === 'address' || type === 'location';
  return {
    ...field,
    column:
      column === undefined
        ? compound || derivedFrom !== undefined
          ? null
          : name.toLowerCase()
        : column,
    ...(derivedFrom === undefined ? {} : { derivedFrom }),
    ...(lookupFilter === undefined ? {} : { lookupFilter }),
    components: components ?? null,
    childRelationshipName: children ?? null,
    generated: generated ?? null,
    formula: null,
    summary: summary ?? null,
    displayFormat: displayFormat ?? null,
    onParentDelete: onParentDelete ?? 'clear',
    required: !field.nillable && field.createable && !field.defaultedOnCreate && type !== 'boolean',
  };
}

function typeDefaults(type: FieldType, options: FieldOptions): FieldDescribe {
  const length = options.length ?? 0;
  const longText = type === 'textarea' && length > LONG_TEXT_LENGTH;
  const binary = type === 'base64';
  const compound = type === 'address' || type === 'location';
  const number = NUMBER_TYPES.has(type);
  const nillable = options.nillable ?? (type !== 'boolean' && type !== 'id');
  const readOnly =
    compound || type === 'id' || options.calculated === true || options.autoNumber === true;
  const createable = options.createable ?? !readOnly;
  return {
    aggregatable: !(type === 'boolean' || type === 'base64' || compound || longText),
    aiPredictionField: false,
    autoNumber: false,
    byteLength: type === 'id' || type === 'reference' ? 18 : length * 3,
    calculated: false,
    calculatedFormula: null,
    cascadeDelete: false,
    caseSensitive: false,
    compoundFieldName: null,
    controllerName: null,
    createable,
    custom: false,
    defaultValue: type === 'boolean' ? false : null,
    defaultValueFormula: null,
    defaultedOnCreate: type === 'boolean' || type === 'id',
    dependentPicklist: false,
    deprecatedAndHidden: false,
    digits: type === 'int' ? 8 : 0,
    displayLocationInDecimal: false,
    encrypted: type === 'encryptedstring',
    externalId: false,
    extraTypeInfo: type === 'textarea' ? 'plaintextarea' : null,
    filterable: !(longText || binary),
    filteredLookupInfo: null,
    formulaTreatNullNumberAsZero: false,
    groupable: !(
      longText ||
      binary ||
      compound ||
      number ||
      type === 'datetime' ||
      type === 'time' ||
      type === 'combobox'
    ),
    highScaleNumber: false,
    htmlFormatted: false,
    idLookup: type === 'id',
    inlineHelpText: null,
    length: type === 'id' || type === 'reference' ? 18 : length,
    mask: null,
    maskType: null,
    nameField: false,
    namePointing: (options.referenceTo ?? []).length > 1,
    nillable,
    permissionable: createable && nillable,
    polymorphicForeignKey: (options.referenceTo ?? []).length > 1,
    precision: number ? 18 : 0,
    queryByDistance: compound,
    referenceTargetField: null,
    referenceTo: [],
    relationshipName: null,
    relationshipOrder: null,
    restrictedDelete: false,
    restrictedPicklist: false,
    scale: 0,
    searchPrefilterable: type === 'reference',
    soapType: soapType(type),
    sortable: !(longText || binary || compound),
    unique: false,
    updateable: !readOnly,
    writeRequiresMasterRead: false,
    picklistValues: [],
    name: '',
    label: '',
    type,
  };
}

function soapType(type: FieldType): string {
  switch (type) {
    case 'id':
    case 'reference':
      return 'tns:ID';
    case 'boolean':
    case 'int':
    case 'long':
    case 'double':
    case 'date':
    case 'time':
      return `xsd:${type}`;
    case 'currency':
    case 'percent':
      return 'xsd:double';
    case 'datetime':
      return 'xsd:dateTime';
    case 'address':
      return 'urn:address';
    case 'location':
      return 'urn:location';
    case 'base64':
      return 'xsd:base64Binary';
    case 'anyType':
      return 'xsd:anyType';
    case 'combobox':
    case 'complexvalue':
    case 'email':
    case 'encryptedstring':
    case 'multipicklist':
    case 'phone':
    case 'picklist':
    case 'string':
    case 'textarea':
    case 'url':
    default:
      return 'xsd:string';
  }
}

function picklist(
  values: readonly (string | readonly [value: string, label: string])[],
  defaultValue: FieldDescribe['defaultValue'],
): readonly PicklistValue[] {
  return values.map((entry) => {
    const [value, label] = typeof entry === 'string' ? [entry, entry] : entry;
    return { active: true, defaultValue: value === defaultValue, label, validFor: null, value };
  });
}

type Line = (name: string, label: string, options?: FieldOptions) => FieldDef;

function line(type: FieldType, preset: FieldOptions = {}): Line {
  return (name, label, options = {}) => defineField(name, type, label, { ...preset, ...options });
}

export const id = (label: string): FieldDef => defineField('Id', 'id', label);
export const text = (
  name: string,
  length: number,
  label: string,
  options: FieldOptions = {},
): FieldDef => defineField(name, 'string', label, { length, ...options });
/** What is an object in JSON: read only, and kept as its text. */
export const complexValue = (name: string, label: string): FieldDef =>
  defineField(name, 'complexvalue', label, {
    ...READ_ONLY,
    filterable: false,
    groupable: false,
    sortable: false,
  });
export const area = (
  name: string,
  length: number,
  label: string,
  options: FieldOptions = {},
): FieldDef => defineField(name, 'textarea', label, { length, ...options });
export const pick = (
  name: string,
  label: string,
  values: NonNullable<FieldOptions['values']>,
  options: FieldOptions = {},
): FieldDef => defineField(name, 'picklist', label, { length: 255, values, ...options });
/** A reference; its relationship is the name without `Id` unless given. */
export const lookup = (
  name: string,
  label: string,
  referenceTo: readonly string[],
  options: FieldOptions = {},
): FieldDef =>
  defineField(name, 'reference', label, {
    referenceTo,
    relationshipName: name.replace(/Id$/, ''),
    ...options,
  });
export const flag = line('boolean');
export const date = line('date');
export const datetime = line('datetime');
export const time = line('time');
export const phone = line('phone', { length: 40 });
export const email = line('email', { length: 80 });
export const url = line('url', { length: 255 });
export const int = line('int');
export const number = line('double');
export const currency = line('currency', { precision: 18, scale: 2 });
export const percent = line('percent', { precision: 3, scale: 0 });
const address = line('address');
export const blob = line('base64');

/** The nine fields of an address: seven components, the accuracy of their place, and the compound one. */
export function addressFields(prefix: string, label: string): readonly FieldDef[] {
  const compoundFieldName = `${prefix}Address`;
  const part = { compoundFieldName };
  const named = (name: string): string => `${label}${name}`;
  return [
    area(`${prefix}Street`, 255, named('Street'), part),
    text(`${prefix}City`, 40, named('City'), part),
    text(`${prefix}State`, 80, named('State/Province'), part),
    text(`${prefix}PostalCode`, 20, named('Zip/Postal Code'), part),
    text(`${prefix}Country`, 80, named('Country'), part),
    number(`${prefix}Latitude`, named('Latitude'), { ...part, scale: 15 }),
    number(`${prefix}Longitude`, named('Longitude'), { ...part, scale: 15 }),
    pick(`${prefix}GeocodeAccuracy`, named('Geocode Accuracy'), GEOCODE_ACCURACIES, {
      ...part,
      length: 40,
      restrictedPicklist: true,
    }),
    address(compoundFieldName, named('Address'), {
      permissionable: true,
      components: {
        city: `${prefix}City`,
        country: `${prefix}Country`,
        geocodeAccuracy: `${prefix}GeocodeAccuracy`,
        latitude: `${prefix}Latitude`,
        longitude: `${prefix}Longitude`,
        postalCode: `${prefix}PostalCode`,
        state: `${prefix}State`,
        street: `${prefix}Street`,
      },
    }),
  ];
}

const GEOCODE_ACCURACIES = [
  'Address',
  'NearAddress',
  'Block',
  'Street',
  'ExtendedZip',
  'Zip',
  'Neighborhood',
  'City',
  'County',
  'State',
  'Unknown',
] as const;

/** Who made and changed a record, and when; in describe order. */
export function auditFields(): readonly FieldDef[] {
  return [
    datetime('CreatedDate', 'Created Date', SYSTEM),
    lookup('CreatedById', 'Created By ID', ['User'], { ...SYSTEM, searchPrefilterable: false }),
    datetime('LastModifiedDate', 'Last Modified Date', SYSTEM),
    lookup('LastModifiedById', 'Last Modified By ID', ['User'], {
      ...SYSTEM,
      searchPrefilterable: false,
    }),
    datetime('SystemModstamp', 'System Modstamp', SYSTEM),
  ];
}

export const isDeleted = (): FieldDef =>
  flag('IsDeleted', 'Deleted', { ...SYSTEM, nillable: false });
export const ownerId = (options: FieldOptions = {}): FieldDef =>
  lookup('OwnerId', 'Owner ID', ['User'], {
    nillable: false,
    defaultedOnCreate: true,
    permissionable: false,
    ...options,
  });
export const viewedFields = (): readonly FieldDef[] => [
  datetime('LastViewedDate', 'Last Viewed Date', READ_ONLY),
  datetime('LastReferencedDate', 'Last Referenced Date', READ_ONLY),
];

export interface ObjectOptions {
  readonly name: string;
  readonly label: string;
  readonly labelPlural: string;
  readonly keyPrefix: string | null;
  readonly flags?: Partial<ObjectFlags>;
  readonly isView?: boolean;
  readonly fields: readonly (FieldDef | readonly FieldDef[])[];
}

const STANDARD_FLAGS: ObjectFlags = {
  activateable: false,
  createable: true,
  customSetting: false,
  deletable: true,
  feedEnabled: true,
  layoutable: true,
  mergeable: false,
  mruEnabled: true,
  queryable: true,
  replicateable: true,
  retrieveable: true,
  searchable: true,
  triggerable: true,
  undeletable: true,
  updateable: true,
};

/** What callers may only read: directories and settings the org itself keeps. */
export const READ_ONLY_OBJECT = {
  createable: false,
  deletable: false,
  feedEnabled: false,
  layoutable: false,
  mruEnabled: false,
  searchable: false,
  triggerable: false,
  undeletable: false,
  updateable: false,
} as const;

export function defineObject({ fields, flags, isView, ...rest }: ObjectOptions): ObjectDef {
  const all = { ...STANDARD_FLAGS, ...flags };
  return {
    ...rest,
    custom: false,
    table: rest.name.toLowerCase(),
    fields: fields.flat(),
    recordTypes: [],
    validationRules: [],
    undeletable: all.undeletable,
    flags: all,
    isView: isView ?? false,
  };
}
