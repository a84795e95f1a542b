import { z } from 'zod';

import { SalesforceError } from '../../salesforce-error.ts';
import type { Behaviour } from '../behaviours.ts';
import type { Dml } from '../dml.ts';
import type { Draft } from '../draft.ts';

/** A product's price in a price book: the standard one first, the others beside it or following it. */
export const PRICEBOOK_ENTRY_BEHAVIOUR: Behaviour = {
  reads: ['Product2Id', 'Pricebook2Id', 'UseStandardPrice', 'UnitPrice', 'CurrencyIsoCode'],
  async beforeCreate(dml, drafts) {
    const prices = await readPrices(
      dml,
      drafts.map(({ values }) => values['Product2Id']),
    );
    const fresh = new Set<string>();
    for (const draft of drafts) {
      const { values } = draft;
      const product = prices.find(({ id }) => id === values['Product2Id']);
      const currency = values['CurrencyIsoCode'] ?? null;
      values['Name'] = product?.name ?? null;
      values['ProductCode'] = product?.code ?? null;
      if (product === undefined || typeof values['Pricebook2Id'] !== 'string') continue;
      const same = product.entries.filter((entry) => entry.currency === currency);
      const key = `${product.id} ${values['Pricebook2Id']} ${String(currency)}`;
      if (same.some(({ book }) => book === values['Pricebook2Id']))
        draft.error = taken('FIELD_INTEGRITY_EXCEPTION');
      else if (fresh.has(key)) draft.error = taken('DUPLICATE_VALUE');
      else if (product.standardBook !== values['Pricebook2Id'])
        besideStandard(
          draft,
          fresh.has(`${product.id} ${product.standardBook} ${String(currency)}`)
            ? drafts.find(
                (other) =>
                  other.values['Product2Id'] === product.id &&
                  other.values['Pricebook2Id'] === product.standardBook,
              )?.values['UnitPrice']
            : same.find(({ standard }) => standard)?.price,
        );
      if (draft.error === undefined) fresh.add(key);
    }
  },
  async beforeUpdate(dml, drafts, before) {
    const prices = await readPrices(
      dml,
      drafts.map(({ id }) => before.get(id ?? '')?.['Product2Id']),
    );
    for (const draft of drafts) {
      if (draft.mirrored === true) continue;
      const old = before.get(draft.id ?? '') ?? {};
      const product = prices.find(({ id }) => id === old['Product2Id']);
      if (product === undefined || product.standardBook === old['Pricebook2Id']) continue;
      const follows = draft.values['UseStandardPrice'] ?? old['UseStandardPrice'];
      if (follows !== true) continue;
      draft.values['UseStandardPrice'] = true;
      const currency = old['CurrencyIsoCode'] ?? null;
      besideStandard(
        draft,
        product.entries.find((entry) => entry.standard && entry.currency === currency)?.price,
      );
    }
  },
  async afterUpdate(dml, drafts) {
    const changed = drafts.filter(({ values }) => values['UnitPrice'] !== undefined);
    if (changed.length === 0) return;
    const { rows } = await dml.client.query(FOLLOWERS, [changed.map(({ id }) => id)]);
    const followers = z.array(z.object({ id: z.string(), price: z.number() })).parse(rows);
    await dml.updateRows(
      dml,
      'PricebookEntry',
      followers.map(({ id, price }) => ({ Id: id, UnitPrice: price })),
    );
  },
};

/** An entry that follows the standard price has that one and no other. */
function besideStandard(draft: Draft, standard: unknown): void {
  const { values } = draft;
  if (typeof standard !== 'number') {
    draft.error = new SalesforceError(
      'STANDARD_PRICE_NOT_DEFINED',
      'No standard price defined for this product',
      { fields: [] },
    );
  } else if (values['UseStandardPrice'] === true) {
    if (typeof values['UnitPrice'] === 'number' && values['UnitPrice'] !== standard)
      draft.error = new SalesforceError('FIELD_INTEGRITY_EXCEPTION', 'field integrity exception', {
        fields: [],
      });
    values['UnitPrice'] = standard;
  }
}

function taken(code: string): SalesforceError {
  return new SalesforceError(code, 'This price definition already exists in this price book', {
    fields: [],
  });
}

const ProductRow = z.object({
  id: z.string(),
  name: z.string(),
  code: z.string().nullable(),
  standardBook: z.string(),
  entries: z.array(
    z.object({
      book: z.string(),
      price: z.number(),
      standard: z.boolean(),
      currency: z.string().nullable(),
    }),
  ),
});

/** The products are locked, so that two calls at the same time cannot both add one price. */
async function readPrices(
  { client }: Dml,
  products: readonly unknown[],
): Promise<readonly z.infer<typeof ProductRow>[]> {
  const ids = [...new Set(products.filter((id) => typeof id === 'string'))];
  if (ids.length === 0) return [];
  await client.query(LOCK_PRODUCTS, [ids]);
  const { rows } = await client.query(READ_PRICES, [ids]);
  return z.array(ProductRow).parse(rows);
}

const LOCK_PRODUCTS = `/* lockProducts */
select id from org.product2 where id = any($1::text[]) order by id for no key update`;

/** Entries have a currency when the org has several. */
const READ_PRICES = `/* readPrices */
select product.id, product.name, product.productcode as code,
       (select id from org.pricebook2 where isstandard limit 1) as "standardBook",
       (select coalesce(jsonb_agg(jsonb_build_object('book', entry.pricebook2id, 'price', entry.unitprice, 'standard', book.isstandard,
                 'currency', to_jsonb(entry)->>'currencyisocode')), '[]')
          from org.pricebookentry as entry join org.pricebook2 as book on book.id = entry.pricebook2id
         where entry.product2id = product.id and not entry.isdeleted) as entries
  from org.product2 as product
 where product.id = any($1::text[]) and not product.isdeleted`;

const FOLLOWERS = `/* priceFollowers */
select follower.id, entry.unitprice as price
  from org.pricebookentry as entry
  join org.pricebook2 as book on book.id = entry.pricebook2id and book.isstandard
  join org.pricebookentry as follower
    on follower.product2id = entry.product2id and follower.usestandardprice and not follower.isdeleted and follower.id <> entry.id
   and to_jsonb(follower)->>'currencyisocode' is not distinct from to_jsonb(entry)->>'currencyisocode'
 where entry.id = any($1::text[]) and follower.unitprice is distinct from entry.unitprice
 order by follower.id`;

/** Prices and items are shown under their product's name and code: no change of theirs. */
export const PRODUCT_BEHAVIOUR: Behaviour = {
  async afterUpdate({ client }, drafts) {
    const renamed = drafts.filter(
      ({ values }) => values['Name'] !== undefined || values['ProductCode'] !== undefined,
    );
    if (renamed.length === 0) return;
    const ids = renamed.map(({ id }) => id);
    await client.query(RENAME_ENTRIES, [ids]);
    await client.query(RENAME_ITEMS, [ids]);
  },
};

const RENAME_ENTRIES = `/* renameEntries */
update org.pricebookentry as entry set name = product.name, productcode = product.productcode
  from org.product2 as product where product.id = entry.product2id and product.id = any($1::text[])`;

const RENAME_ITEMS = `/* renameItems */
update org.opportunitylineitem as item
   set name = left(opportunity.name || ' ' || product.name, 376), productcode = product.productcode
  from org.product2 as product, org.opportunity as opportunity
 where product.id = item.product2id and opportunity.id = item.opportunityid and product.id = any($1::text[])`;
