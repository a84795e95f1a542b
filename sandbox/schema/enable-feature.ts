import type { Org } from '../org.ts';
import { changeSchema, type SchemaDraft } from './change-schema.ts';
import { findPart, partKey, partsOf, type Feature, type Part } from './part.ts';
import { PERSON_ACCOUNT } from './record-types.ts';
import type { Schema } from './schema.ts';

/** What the org has been given, as the admin API shows it. */
export function featuresOf(
  schema: Schema,
): Readonly<Record<'personAccounts' | 'multiCurrency', boolean>> {
  const account = schema.findObject('Account');
  return {
    personAccounts:
      account !== undefined && schema.findField(account, 'IsPersonAccount') !== undefined,
    multiCurrency: schema.findObject('CurrencyType') !== undefined,
  };
}

/** Gives the org person accounts or several currencies, for good: Salesforce takes neither back. */
export async function enableFeature(org: Org, feature: Feature): Promise<void> {
  await changeSchema(org, (draft) => {
    if (findPart(draft.parts, 'Feature', feature) !== undefined) return;
    put(draft, { type: 'Feature', fullName: feature, definition: {} });
    if (feature === 'PersonAccounts') addPersonType(draft);
  });
}

/** A person account is known by its record type; accounts that are none need one, too. */
function addPersonType(draft: SchemaDraft): void {
  const businesses = partsOf(draft.parts, 'RecordType').filter(({ fullName }) =>
    fullName.startsWith('Account.'),
  );
  if (businesses.length === 0)
    put(draft, recordType('Account.Business_Account', 'Business Account'));
  put(draft, recordType(`${PERSON_ACCOUNT}.PersonAccount`, 'Person Account'));
}

function recordType(fullName: string, label: string): Part {
  return {
    type: 'RecordType',
    fullName,
    definition: { label, active: true, picklistValues: [] },
  };
}

function put(draft: SchemaDraft, part: Part): void {
  draft.parts.set(partKey(part.type, part.fullName), part);
}
