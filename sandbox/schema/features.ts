import { findPart, type Feature, type Parts } from './part.ts';
import { withPersonAccounts } from './person-accounts.ts';
import type { ObjectDef } from './schema.ts';

export function hasFeature(parts: Parts, feature: Feature): boolean {
  return findPart(parts, 'Feature', feature) !== undefined;
}

/** The objects with what the org has been given for good. */
export function withFeatures(objects: readonly ObjectDef[], parts: Parts): readonly ObjectDef[] {
  return hasFeature(parts, 'PersonAccounts') ? withPersonAccounts(objects) : objects;
}
