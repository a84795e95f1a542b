import { z } from 'zod';

import { Flag, PicklistValueMetadata, Text } from './custom-definition.ts';
import { SHARING_MODELS } from './sharing-model.ts';
import { many } from './xml-list.ts';

/**
 * Metadata besides objects and fields that shapes the schema. A name is the Metadata API's: `Account.Household` for a
 * record type, `Colors` for a global value set.
 */

const Chosen = z.looseObject({ fullName: Text, default: Flag.optional() });

const RecordTypeDefinition = z.looseObject({
  label: Text.pipe(z.string().min(1).max(80)),
  active: Flag.default(true),
  description: Text.nullish(),
  businessProcess: Text.nullish(),
  /** The values of each picklist that its records may take; of a picklist not named, all of them. */
  picklistValues: many(z.looseObject({ picklist: Text, values: many(Chosen) })),
});

const BusinessProcessDefinition = z.looseObject({
  isActive: Flag.default(true),
  description: Text.nullish(),
  values: many(Chosen),
});

const GlobalValueSetDefinition = z.looseObject({
  masterLabel: Text.pipe(z.string().min(1).max(80)),
  description: Text.nullish(),
  sorted: Flag.default(false),
  customValue: many(PicklistValueMetadata),
});

const StandardValueSetDefinition = z.looseObject({
  sorted: Flag.default(false),
  standardValue: many(PicklistValueMetadata),
});

/** What is kept as it came, and given back: nothing in the schema follows from it. */
const KEPT_TYPES = [
  'CompactLayout',
  'FieldSet',
  'Index',
  'ListView',
  'SharingReason',
  'WebLink',
  /** What a package says of a standard field; its name is the field's. */
  'StandardField',
  /** What a package says of a standard object itself; its name is the object's. */
  'StandardObject',
] as const;
const KeptDefinition = z.looseObject({});

/** A text under a name, which formulas may read. */
const CustomLabelDefinition = z.looseObject({ value: Text });

const ValidationRuleDefinition = z.looseObject({
  active: Flag.default(false),
  description: Text.nullish(),
  errorConditionFormula: Text.pipe(z.string().min(1)),
  errorDisplayField: Text.nullish(),
  errorMessage: Text.pipe(z.string().min(1).max(255)),
});

/** What the whole org has been given, and cannot give back. */
const FeatureDefinition = z.strictObject({
  /** The codes of the active currencies, which are records of CurrencyType. */
  currencies: z.array(z.string()).optional(),
});
export type Feature = 'PersonAccounts' | 'MultiCurrency';

export const Part = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('BusinessProcess'),
    fullName: Text,
    definition: BusinessProcessDefinition,
  }),
  z.object({
    type: z.literal('GlobalValueSet'),
    fullName: Text,
    definition: GlobalValueSetDefinition,
  }),
  z.object({ type: z.literal('Feature'), fullName: Text, definition: FeatureDefinition }),
  z.object({
    type: z.literal('OrganizationWideDefault'),
    fullName: Text,
    definition: z.object({ sharingModel: z.enum(SHARING_MODELS) }),
  }),
  z.object({ type: z.literal('RecordType'), fullName: Text, definition: RecordTypeDefinition }),
  z.object({
    type: z.literal('StandardValueSet'),
    fullName: Text,
    definition: StandardValueSetDefinition,
  }),
  z.object({
    type: z.literal('ValidationRule'),
    fullName: Text,
    definition: ValidationRuleDefinition,
  }),
  z.object({ type: z.literal('CustomLabel'), fullName: Text, definition: CustomLabelDefinition }),
  z.object({ type: z.enum(KEPT_TYPES), fullName: Text, definition: KeptDefinition }),
]);
export type Part = Readonly<z.infer<typeof Part>>;
export type PartType = Part['type'];
export type PartOf<Type extends PartType> = Part & { readonly type: Type };

export type Parts = ReadonlyMap<string, Part>;

export function partKey(type: PartType, fullName: string): string {
  return `${type}:${fullName}`.toLowerCase();
}

export function findPart<Type extends PartType>(
  parts: Parts,
  type: Type,
  fullName: string,
): PartOf<Type> | undefined {
  const part = parts.get(partKey(type, fullName));
  return part !== undefined && isOf(part, type) ? part : undefined;
}

export function partsOf<Type extends PartType>(parts: Parts, type: Type): readonly PartOf<Type>[] {
  return [...parts.values()].filter((part): part is PartOf<Type> => isOf(part, type));
}

function isOf<Type extends PartType>(part: Part, type: Type): part is PartOf<Type> {
  return part.type === type;
}
