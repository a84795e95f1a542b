import { z } from 'zod';

import { SalesforceError } from '../salesforce-error.ts';
import type { SchemaDraft } from '../schema/change-schema.ts';
import { findPart, partKey, type Part } from '../schema/part.ts';
import type { ObjectDef } from '../schema/schema.ts';
import {
  allowedSharingModels,
  findSharingModel,
  standardSharingModel,
  type SharingModel,
} from '../schema/sharing-model.ts';

const Given = z.looseObject({ sharingModel: z.string().optional() });

/** Puts the `sharingModel` of a standard object's file into the draft. */
export function applyDefault(
  draft: Pick<SchemaDraft, 'parts'>,
  object: ObjectDef,
  metadata: unknown,
): 'changed' | 'same' {
  const given = Given.safeParse(metadata).data?.sharingModel;
  if (given === undefined) return 'same';
  const model = findSharingModel(given);
  const allowed = allowedSharingModels(object) ?? [];
  const before = shownDefault(draft, object);
  if (model === before) return 'same';
  if (model === undefined || !allowed.includes(model)) {
    // Objects without a choice carry their model in retrieved files all the same.
    if (allowed.length === 0) return 'same';
    throw new SalesforceError(
      'INVALID_INPUT',
      `${object.name}: sharingModel must be one of ${allowed.join(', ')}: ${given}`,
      { fields: ['sharingModel'] },
    );
  }
  const part: Part = {
    type: 'OrganizationWideDefault',
    fullName: object.name,
    definition: { sharingModel: model },
  };
  draft.parts.set(partKey(part.type, part.fullName), part);
  return 'changed';
}

/** The default as it stands; undefined for objects that are not shared by one. */
export function shownDefault(
  { parts }: Pick<SchemaDraft, 'parts'>,
  { name }: Pick<ObjectDef, 'name'>,
): SharingModel | undefined {
  return (
    findPart(parts, 'OrganizationWideDefault', name)?.definition.sharingModel ??
    standardSharingModel(name)
  );
}
