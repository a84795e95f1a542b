import { CORPORATE_CURRENCY, withCurrencies } from './currencies.ts';
import { findPart, type Feature, type Parts } from './part.ts';
import { withPersonAccounts } from './person-accounts.ts';
import type { ObjectDef } from './schema.ts';

export function hasFeature(parts: Parts, feature: Feature): boolean {
  return findPart(parts, 'Feature', feature) !== undefined;
}

/** The objects with what the org has been given for good. */
export function withFeatures(objects: readonly ObjectDef[], parts: Parts): readonly ObjectDef[] {
  const persons = hasFeature(parts, 'PersonAccounts') ? withPersonAccounts(objects) : objects;
  const currencies = findPart(parts, 'Feature', 'MultiCurrency')?.definition;
  return currencies === undefined
    ? persons
    : withCurrencies(persons, currencies.currencies ?? [CORPORATE_CURRENCY]);
}
