import type { SchemaDraft } from '../schema/change-schema.ts';
import { findPart, partKey, partsOf } from '../schema/part.ts';
import type { Schema } from '../schema/schema.ts';
import { inOrder, outcomeOf, type Applied } from './applied.ts';

/**
 * What packages say of standard objects and fields (a list's columns, whether history is tracked): kept as it came,
 * and given back. The objects and fields themselves are the org's own.
 */
export function keepStandard(
  draft: SchemaDraft,
  {
    type,
    fullName,
    metadata,
  }: {
    readonly type: 'StandardField' | 'StandardObject';
    readonly fullName: string;
    readonly metadata: unknown;
  },
): Applied {
  const known = findPart(draft.parts, type, fullName)?.definition;
  const given = typeof metadata === 'object' && metadata !== null ? { ...metadata } : {};
  const { fullName: _name, ...definition } = { fullName, ...known, ...given };
  if (type === 'StandardObject' && Object.keys(definition).length === 0)
    return { fullName, outcome: 'same' };
  draft.parts.set(partKey(type, fullName), { type, fullName, definition });
  const outcome = outcomeOf(known ?? {}, definition);
  return { fullName, outcome };
}

/** Whether an object has a standard field, seen or not. */
export function hasStandardField(schema: Schema, fullName: string): boolean {
  const [objectName = '', fieldName = ''] = fullName.split('.');
  const object = schema.findObject(objectName);
  if (object === undefined) return false;
  return (
    schema.findField(object, fieldName) !== undefined ||
    (UNSEEN.get(object.name) ?? []).includes(fieldName)
  );
}

/** Fields that Salesforce's metadata has and that a new org shows to nobody; this org keeps what is said of them. */
const UNSEEN: ReadonlyMap<string, readonly string[]> = new Map([
  ['Contact', ['DoNotCall', 'HasOptedOutOfEmail', 'HasOptedOutOfFax']],
  ['Lead', ['DoNotCall', 'HasOptedOutOfEmail', 'HasOptedOutOfFax']],
]);

export function shownStandardObject(
  { parts }: Pick<SchemaDraft, 'parts'>,
  fullName: string,
): Readonly<Record<string, unknown>> {
  return findPart(parts, 'StandardObject', fullName)?.definition ?? {};
}

/** Each with its name inside the object. */
export function shownStandardFields(
  { parts }: Pick<SchemaDraft, 'parts'>,
  object: string,
): readonly Readonly<Record<string, unknown>>[] {
  return partsOf(parts, 'StandardField').flatMap(({ fullName, definition }) => {
    const [owner = '', name = ''] = fullName.split('.');
    return owner.toLowerCase() === object.toLowerCase()
      ? [inOrder({ ...definition, fullName: name })]
      : [];
  });
}
