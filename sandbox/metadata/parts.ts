import { z } from 'zod';

import { SalesforceError } from '../salesforce-error.ts';
import type { SchemaDraft } from '../schema/change-schema.ts';
import { hasFeature } from '../schema/features.ts';
import { Part, findPart, partKey, partsOf, type PartType } from '../schema/part.ts';
import { PERSON_ACCOUNT } from '../schema/record-types.ts';
import type { Schema } from '../schema/schema.ts';
import { STANDARD_VALUE_SETS } from '../schema/standard-values.ts';
import { inOrder, notThere, outcomeOf, refuseMode, type Applied, type Target } from './applied.ts';

/** Types of metadata that shape the schema without being objects or fields. */
export const PART_TYPES = [
  'BusinessProcess',
  'CompactLayout',
  'CustomLabel',
  'FieldSet',
  'GlobalValueSet',
  'Index',
  'ListView',
  'RecordType',
  'SharingReason',
  'StandardValueSet',
  'ValidationRule',
  'WebLink',
] as const satisfies readonly PartType[];
export type PartMetadataType = (typeof PART_TYPES)[number];

/** Those that stand inside an object's file, by the element they stand in. */
export const PARTS_OF_OBJECT = {
  businessProcesses: 'BusinessProcess',
  compactLayouts: 'CompactLayout',
  fieldSets: 'FieldSet',
  indexes: 'Index',
  listViews: 'ListView',
  recordTypes: 'RecordType',
  validationRules: 'ValidationRule',
  sharingReasons: 'SharingReason',
  webLinks: 'WebLink',
} as const satisfies Readonly<Record<string, PartMetadataType>>;

/** Those that this org acts by; the others are kept, and do nothing. */
const ACTED_BY: ReadonlySet<PartMetadataType> = new Set([
  'BusinessProcess',
  'CustomLabel',
  'GlobalValueSet',
  'RecordType',
  'StandardValueSet',
  'ValidationRule',
]);

export function isIdle(type: PartMetadataType): boolean {
  return !ACTED_BY.has(type);
}

export function isPartType(type: string): type is PartMetadataType {
  return PART_TYPES.some((known) => known === type);
}

/** Puts a record type, a business process or a value set into the draft. */
export function applyPart(
  draft: SchemaDraft,
  schema: Schema,
  { type, fullName, metadata, mode }: Target & { readonly type: PartMetadataType },
): Applied {
  const known = findPart(draft.parts, type, fullName);
  refuseMode(fullName, known !== undefined, { mode, type });
  const parsed = Part.safeParse({ type, fullName, definition: definitionOf(metadata, known) });
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw new SalesforceError('INVALID_INPUT', `${fullName}: ${faults.join('; ')}`, { fields: [] });
  }
  checkPart(draft, schema, parsed.data);
  draft.parts.set(partKey(type, fullName), parsed.data);
  return { fullName, outcome: outcomeOf(known?.definition, parsed.data.definition) };
}

/** The object's metadata but for the parts that stand inside it. */
export function withoutParts(
  object: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(object).filter(([element]) => !(element in PARTS_OF_OBJECT)),
  );
}

export interface PartOfObject {
  readonly type: PartMetadataType;
  readonly fullName: string;
  readonly metadata: unknown;
}

/** The parts that stand inside an object's metadata: business processes before the record types that name them. */
export function partsInObject(
  object: string,
  metadata: Readonly<Record<string, unknown>>,
): readonly PartOfObject[] {
  return Object.entries(PARTS_OF_OBJECT).flatMap(([element, type]) => {
    const given = metadata[element];
    const all: readonly unknown[] =
      given === undefined ? [] : Array.isArray(given) ? given : [given];
    return all.map((part) => {
      const own = Named.safeParse(part);
      return { type, fullName: `${object}.${own.data?.fullName ?? ''}`, metadata: part };
    });
  });
}

const Named = z.looseObject({ fullName: z.string() });

export function applyPartsOfObject(
  draft: SchemaDraft,
  schema: Schema,
  {
    fullName,
    metadata,
  }: { readonly fullName: string; readonly metadata: Readonly<Record<string, unknown>> },
): void {
  for (const part of partsInObject(fullName, metadata))
    applyPart(draft, schema, { ...part, mode: 'upsert' });
}

/** What is given in place of what was; the id of a record type stays. */
function definitionOf(metadata: unknown, known: Part | undefined): unknown {
  const given = typeof metadata === 'object' && metadata !== null ? { ...metadata } : {};
  const { fullName: _name, ...rest } = Object.fromEntries(Object.entries(given));
  const id = known?.type === 'RecordType' ? known.definition['id'] : undefined;
  return id === undefined ? rest : { ...rest, id };
}

function checkPart(draft: SchemaDraft, schema: Schema, part: Part): void {
  const { type, fullName } = part;
  if (type === 'StandardValueSet' && !(fullName in STANDARD_VALUE_SETS)) {
    throw new SalesforceError(
      'NOT_IMPLEMENTED',
      `The sandbox org has no standard value set ${fullName}: it knows ${Object.keys(STANDARD_VALUE_SETS).join(', ')}`,
      { fields: [] },
    );
  }
  if (Object.values(PARTS_OF_OBJECT).some((inside) => inside === type)) {
    const object = fullName.split('.')[0] ?? '';
    const persons = object === PERSON_ACCOUNT && hasFeature(draft.parts, 'PersonAccounts');
    if (
      !persons &&
      !draft.objects.has(object.toLowerCase()) &&
      schema.findObject(object) === undefined
    )
      throw notThere('CustomObject', object);
  }
  if (type === 'RecordType') {
    const { businessProcess } = part.definition;
    const name = `${fullName.split('.')[0] ?? ''}.${businessProcess ?? ''}`;
    if (
      typeof businessProcess === 'string' &&
      findPart(draft.parts, 'BusinessProcess', name) === undefined
    ) {
      throw new SalesforceError(
        'INVALID_CROSS_REFERENCE_KEY',
        `In field: businessProcess - no BusinessProcess named ${name} found`,
        { fields: [] },
      );
    }
  }
  if (type === 'GlobalValueSet') {
    const values = part.definition.customValue.map((value) => value.fullName);
    const twin = values.find((value, at) => values.indexOf(value) !== at);
    if (twin !== undefined)
      throw new SalesforceError('INVALID_INPUT', `Duplicate picklist value specified: ${twin}`, {
        fields: [],
      });
  }
}

/** With its object goes what stands inside it. */
export function removePartsOfObject(draft: SchemaDraft, object: string): void {
  const own: ReadonlySet<string> = new Set(Object.values(PARTS_OF_OBJECT));
  for (const [key, { type, fullName }] of draft.parts) {
    const [owner = ''] = fullName.split('.');
    if (own.has(type) && owner.toLowerCase() === object.toLowerCase()) draft.parts.delete(key);
  }
}

/** @throws SalesforceError when it is not there, or a field needs it. */
export function removePart(draft: SchemaDraft, type: PartMetadataType, fullName: string): void {
  if (type === 'GlobalValueSet') {
    const user = [...draft.fields.values()].find(
      ({ definition }) =>
        definition.valueSet?.valueSetName?.toLowerCase() === fullName.toLowerCase(),
    );
    if (user !== undefined)
      throw new SalesforceError(
        'DELETE_FAILED',
        `This global value set is in use by ${user.object}.${user.definition.fullName}`,
        { fields: [] },
      );
  }
  if (!draft.parts.delete(partKey(type, fullName))) throw notThere(type, fullName);
}

/** As it is read and retrieved. */
export function shownPart(
  { parts }: Pick<SchemaDraft, 'parts'>,
  type: PartMetadataType,
  fullName: string,
): Readonly<Record<string, unknown>> | undefined {
  const part = findPart(parts, type, fullName);
  return part === undefined ? undefined : shown(part);
}

/** All of a type, each with its name. */
export function shownParts(
  { parts }: Pick<SchemaDraft, 'parts'>,
  type: PartMetadataType,
): readonly Readonly<Record<string, unknown>>[] {
  return partsOf(parts, type).map(shown);
}

function shown({ fullName, definition }: Part): Readonly<Record<string, unknown>> {
  const own = Object.entries(definition).filter(
    ([name, value]) => name !== 'id' && value !== null && value !== undefined,
  );
  return inOrder({ ...Object.fromEntries(own), fullName });
}

/** The record types and business processes of an object, by the elements of its file. */
export function shownPartsOfObject(
  draft: Pick<SchemaDraft, 'parts'>,
  object: string,
): Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>> {
  const elements = Object.entries(PARTS_OF_OBJECT).flatMap(([element, type]) => {
    const own = shownParts(draft, type).flatMap((part) => {
      const [owner = '', name = ''] = String(part['fullName']).split('.');
      return owner.toLowerCase() === object.toLowerCase()
        ? [inOrder({ ...part, fullName: name })]
        : [];
    });
    return own.length === 0 ? [] : [[element, own] as const];
  });
  return Object.fromEntries(elements);
}
