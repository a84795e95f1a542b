import type { CustomObject } from './custom-definition.ts';
import { shareObject } from './objects/sharing.ts';
import type { ObjectDef } from './schema.ts';
import { findSharingModel } from './sharing-model.ts';

/**
 * `Thing__Share` for every custom object whose records are not everybody's: as in Salesforce it comes when the default
 * becomes Private or Read, and goes with what was shared when all may read and write.
 */
export function customShares(
  objects: readonly ObjectDef[],
  definitions: readonly CustomObject[],
): readonly ObjectDef[] {
  const restricted = new Map(
    definitions.flatMap((definition) => {
      const model = findSharingModel(definition['sharingModel']);
      return model === 'Private' || model === 'Read'
        ? [[definition.fullName.toLowerCase(), definition]]
        : [];
    }),
  );
  return objects.flatMap((object) => {
    const definition = restricted.get(object.name.toLowerCase());
    const owned = object.fields.some(({ name }) => name === 'OwnerId');
    const detail = object.fields.some(({ custom, cascadeDelete }) => custom && cascadeDelete);
    if (definition === undefined || !owned || detail) return [];
    // Salesforce gives all of them one prefix; here an id alone tells which object's it is.
    const keyPrefix = `y${definition.keyPrefix.slice(1)}`;
    return [shareObject({ object, keyPrefix, parent: 'ParentId', level: 'AccessLevel' })];
  });
}
