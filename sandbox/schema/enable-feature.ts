import type pg from 'pg';

import { quoteLiteral } from '../../src/kit/identifiers.ts';
import type { Org } from '../org.ts';
import { insertSystemRecords } from '../records/system-records.ts';
import { columnName, storedTable } from '../store/layout.ts';
import { changeSchema, type SchemaDraft } from './change-schema.ts';
import { CORPORATE_CURRENCY, CURRENCY_FIELD } from './currencies.ts';
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
  await changeSchema(
    org,
    (draft): 'known' | 'new' => {
      if (findPart(draft.parts, 'Feature', feature) !== undefined) return 'known';
      put(draft, { type: 'Feature', fullName: feature, definition: {} });
      if (feature === 'PersonAccounts') addPersonType(draft);
      return 'new';
    },
    async (client, answer, schema) => {
      if (feature === 'MultiCurrency' && answer === 'new') await addCurrencies(org, client, schema);
    },
  );
}

/** What there is by now is in the corporate currency; PostgreSQL fills a new column so without writing any row. */
async function addCurrencies(org: Org, client: pg.ClientBase, schema: Schema): Promise<void> {
  for (const object of schema.objects) {
    for (const name of [CURRENCY_FIELD, 'DefaultCurrencyIsoCode']) {
      const field = schema.findField(object, name);
      if (field === undefined) continue;
      const column = columnName(field);
      const table = storedTable(object);
      await client.query(
        `alter table ${table} drop column ${column}, add column ${column} text default ${quoteLiteral(CORPORATE_CURRENCY)}`,
      );
      await client.query(`alter table ${table} alter column ${column} drop default`);
    }
  }
  const write = { client, schema, userId: org.adminUserId, now: new Date(org.clock.now()) };
  await insertSystemRecords(write, 'CurrencyType', [
    {
      IsoCode: CORPORATE_CURRENCY,
      ConversionRate: 1,
      DecimalPlaces: 2,
      IsActive: true,
      IsCorporate: true,
    },
  ]);
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
