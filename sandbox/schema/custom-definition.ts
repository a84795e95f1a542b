import { z } from 'zod';

/** API names of what administrators add: a letter, then letters, digits and single underscores, at most 40, then the kind. */
const CUSTOM_NAME = /^[A-Za-z](?:[A-Za-z0-9]|_(?!_)){0,39}__(?:c|e|mdt)$/;
/** Kinds of objects that lie outside the org's database, or in a store of their own. */
const FOREIGN_NAME = /__(?:b|x|kav)$/;
const CUSTOM_NAME_MESSAGE =
  'The name can only contain underscores and alphanumeric characters. It must begin with a letter and be unique, cannot end with an underscore, and cannot contain two consecutive underscores';

const Name = z
  .string()
  .refine((name) => !FOREIGN_NAME.test(name), {
    error: 'the sandbox org has no big objects (__b), external objects (__x) and articles (__kav)',
    abort: true,
  })
  .regex(CUSTOM_NAME, CUSTOM_NAME_MESSAGE);

/** In XML everything is text. */
export const Flag = z.union([
  z.boolean(),
  z.enum(['true', 'false']).transform((text) => text === 'true'),
]);
const Whole = z.coerce.number().int();
export const Text = z.coerce.string();

/** The types of the Metadata API, which differ from describe's. */
export const MetadataType = z.enum([
  'AutoNumber',
  'Hierarchy',
  'Lookup',
  'MasterDetail',
  'MetadataRelationship',
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
  'Summary',
  'Text',
  'TextArea',
  'Time',
  'Url',
]);
export type MetadataType = z.infer<typeof MetadataType>;

/** What a formula can result in. */
export const FORMULA_RESULTS = [
  'Checkbox',
  'Currency',
  'Date',
  'DateTime',
  'Number',
  'Percent',
  'Text',
  'Time',
] as const;

const OUTSIDE_TYPES: ReadonlySet<string> = new Set(['ExternalLookup', 'IndirectLookup']);
const FieldMetadataType = z
  .string()
  .refine((type) => !OUTSIDE_TYPES.has(type), {
    error: 'the sandbox org has no external objects, so nothing can look up one',
    abort: true,
  })
  .pipe(MetadataType);

/** A value of a picklist, as it stands in a field, a value set or a package. */
export const PicklistValueMetadata = z.looseObject({
  fullName: Text,
  label: Text.optional(),
  default: Flag.optional(),
  isActive: Flag.optional(),
});
const Values = z.array(PicklistValueMetadata);

const ControllingValues = z.union([z.array(Text), Text.transform((value): string[] => [value])]);

const ValueSet = z.object({
  restricted: Flag.optional(),
  controllingField: z.string().nullish(),
  /** The values themselves, or the name of the global value set that has them. */
  valueSetDefinition: z.object({ sorted: Flag.optional(), value: Values }).nullish(),
  valueSetName: z.string().nullish(),
  /** Which values a dependent picklist may take with which of its controlling field. */
  valueSettings: z
    .array(z.object({ controllingFieldValue: ControllingValues, valueName: Text }))
    .optional(),
});

/** Before version 38 a picklist's values stood elsewhere. */
const OldPicklist = z
  .object({
    controllingField: z.string().nullish(),
    picklistValues: z.array(
      PicklistValueMetadata.extend({ controllingFieldValues: ControllingValues.optional() }),
    ),
    sorted: Flag.optional(),
    restrictedPicklist: Flag.optional(),
  })
  .transform(({ controllingField, picklistValues, sorted, restrictedPicklist }) => ({
    restricted: restrictedPicklist,
    controllingField,
    valueSetName: undefined,
    valueSetDefinition: {
      sorted,
      value: picklistValues.map(({ controllingFieldValues: _with, ...value }) => value),
    },
    valueSettings: picklistValues.flatMap(({ fullName, controllingFieldValues }) =>
      controllingFieldValues === undefined
        ? []
        : [{ controllingFieldValue: controllingFieldValues, valueName: fullName }],
    ),
  }));

const SummaryFilterItem = z.looseObject({
  field: Text,
  operation: Text,
  value: Text.nullish(),
  valueField: Text.nullish(),
});

/** What only describes a field to people (`trackHistory`, `securityClassification`, …) is kept as it came. */
const Field = z.looseObject({
  fullName: Name,
  label: Text.pipe(z.string().min(1).max(80)),
  type: FieldMetadataType,
  length: Whole.min(1).max(131_072).optional(),
  precision: Whole.min(1).max(18).optional(),
  scale: Whole.min(0).max(18).optional(),
  required: Flag.optional(),
  unique: Flag.optional(),
  caseSensitive: Flag.optional(),
  externalId: Flag.optional(),
  defaultValue: z.union([z.string(), z.boolean(), z.number()]).nullish(),
  description: Text.nullish(),
  inlineHelpText: Text.nullish(),
  displayFormat: Text.nullish(),
  startingNumber: Whole.optional(),
  referenceTo: z.string().nullish(),
  relationshipName: z.string().nullish(),
  relationshipLabel: Text.nullish(),
  reparentableMasterDetail: Flag.optional(),
  deleteConstraint: z.enum(['SetNull', 'Restrict', 'Cascade']).nullish(),
  valueSet: ValueSet.nullish(),
  picklist: OldPicklist.nullish(),
  displayLocationInDecimal: Flag.optional(),
  visibleLines: Whole.optional(),
  maskChar: z.enum(['asterisk', 'X']).nullish(),
  maskType: z.enum(['all', 'creditCard', 'lastFour', 'nino', 'sin', 'ssn']).nullish(),
  formula: z.string().nullish(),
  summaryOperation: z.enum(['count', 'sum', 'min', 'max']).nullish(),
  summarizedField: Text.nullish(),
  summaryForeignKey: Text.nullish(),
  summaryFilterItems: z
    .preprocess(
      (value) => (value === undefined || value === null || Array.isArray(value) ? value : [value]),
      z.array(SummaryFilterItem).nullish(),
    )
    .optional(),
  lookupFilter: z.unknown().optional(),
  formulaTreatBlanksAs: z.enum(['BlankAsBlank', 'BlankAsZero']).nullish(),
});

/** A custom field as the Metadata and Tooling APIs give it; what is stored of it. */
export const CustomField = Field.transform(({ picklist, ...field }) => ({
  ...field,
  valueSet: field.valueSet ?? picklist ?? undefined,
}));
export type CustomField = Readonly<z.infer<typeof CustomField>>;

const NameField = z.object({
  label: Text.optional(),
  type: z.enum(['Text', 'AutoNumber']).default('Text'),
  displayFormat: Text.optional(),
});

/** A custom object; what only describes it to people (`description`, `sharingModel`, …) is kept as it came. */
export const CustomObject = z.looseObject({
  fullName: Name,
  label: Text.pipe(z.string().min(1).max(80)),
  pluralLabel: Text.optional(),
  keyPrefix: z.string().length(3),
  nameField: NameField.optional(),
  customSettingsType: z.enum(['Hierarchy', 'List']).optional(),
  /** Of a platform event. */
  publishBehavior: Text.optional(),
  eventType: Text.optional(),
});
export type CustomObject = Readonly<z.infer<typeof CustomObject>>;
