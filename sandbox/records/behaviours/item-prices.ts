import { z } from 'zod';

import { SalesforceError } from '../../salesforce-error.ts';
import type { Dml } from '../dml.ts';
import type { Draft } from '../draft.ts';

interface ItemOf {
  readonly parent: 'Opportunity' | 'Order';
  readonly reference: string;
  readonly noun: string;
}

const Row = z.object({
  at: z.coerce.number(),
  parent: z.string().nullable(),
  parentBook: z.string().nullable(),
  parentCurrency: z.string().nullable(),
  entry: z.string().nullable(),
  entryBook: z.string().nullable(),
  entryCurrency: z.string().nullable(),
  active: z.boolean().nullable(),
  archived: z.boolean().nullable(),
  bookActive: z.boolean().nullable(),
  price: z.number().nullable(),
  product: z.string().nullable(),
  code: z.string().nullable(),
  name: z.string().nullable(),
  parentName: z.string().nullable(),
  status: z.string().nullable(),
});
type Found = z.infer<typeof Row>;

/** Takes product, list price and names from the entries of the price book, for all items of a call at once. */
export async function takePrices(dml: Dml, drafts: readonly Draft[], of: ItemOf): Promise<void> {
  const { rows } = await dml.client.query(of.parent === 'Order' ? ORDER_PRICES : ITEM_PRICES, [
    drafts.map(({ values }) => values[of.reference] ?? null),
    drafts.map(({ values }) => values['PricebookEntryId'] ?? null),
    drafts.map(({ values }) => values['Product2Id'] ?? null),
  ]);
  // The first item of an opportunity without a price book says which one it has.
  const books = new Map<string, string>();
  for (const found of z.array(Row).parse(rows)) {
    const draft = drafts[found.at - 1];
    if (draft === undefined || draft.error !== undefined || found.parent === null) continue;
    const book = found.parentBook ?? books.get(found.parent) ?? null;
    draft.error = wrongEntry({ ...found, parentBook: book }, of);
    if (draft.error !== undefined) continue;
    if (found.entryBook !== null) books.set(found.parent, found.entryBook);
    const { values } = draft;
    values['PricebookEntryId'] = found.entry;
    values['Product2Id'] = found.product;
    values['ListPrice'] = found.price;
    if (found.parentCurrency !== null) values['CurrencyIsoCode'] = found.parentCurrency;
    if (of.parent === 'Order') continue;
    values['ProductCode'] = found.code;
    values['Name'] = `${found.parentName ?? ''} ${found.name ?? ''}`
      .trim()
      .slice(0, NAME_CHARACTERS_MAX);
  }
}

/** Salesforce: characters of a line item's name. */
const NAME_CHARACTERS_MAX = 376;

function wrongEntry(found: Found, { noun, parent }: ItemOf): SalesforceError | undefined {
  if (found.entry === null) {
    return new SalesforceError(
      'FIELD_INTEGRITY_EXCEPTION',
      'field integrity exception: PricebookEntryId, unknown (versions 3.0 and higher must specify pricebook entry id; others must specify product id)',
      { fields: ['PricebookEntryId', 'unknown'] },
    );
  }
  if (found.archived === true) return integrity('pricebook entry has been archived');
  if (found.active !== true || found.bookActive !== true)
    return integrity('pricebook entry is inactive');
  if (found.parentBook === null ? parent === 'Order' : found.parentBook !== found.entryBook)
    return integrity(
      `pricebook entry is in a different pricebook than the one assigned to the ${noun}`,
    );
  if (found.entryCurrency !== null && found.entryCurrency !== found.parentCurrency)
    return integrity(`pricebook entry currency code does not match ${noun} currency code`);
  return undefined;
}

function integrity(why: string): SalesforceError {
  return new SalesforceError(
    'FIELD_INTEGRITY_EXCEPTION',
    `field integrity exception: PricebookEntryId (${why})`,
    { fields: ['PricebookEntryId'] },
  );
}

/** An item may name its product alone: then the entry is that of the parent's price book. */
function pricesStatement(table: string, name: string, status: string): string {
  return `/* itemPrices */
select item.at, parent.id as parent, parent.pricebook2id as "parentBook", to_jsonb(parent)->>'currencyisocode' as "parentCurrency",
       entry.id as entry, entry.pricebook2id as "entryBook", to_jsonb(entry)->>'currencyisocode' as "entryCurrency",
       entry.isactive as active, entry.isarchived as archived, book.isactive as "bookActive", entry.unitprice as price,
       entry.product2id as product, product.productcode as code, product.name as name, ${name} as "parentName", ${status} as status
  from unnest($1::text[], $2::text[], $3::text[]) with ordinality as item(parent, entry, product, at)
  left join ${table} as parent on parent.id = item.parent and not parent.isdeleted
  left join lateral (
    select * from org.pricebookentry as candidate
     where not candidate.isdeleted
       and (candidate.id = item.entry
            or (item.entry is null and candidate.product2id = item.product and candidate.pricebook2id = parent.pricebook2id))
     limit 1
  ) as entry on true
  left join org.pricebook2 as book on book.id = entry.pricebook2id
  left join org.product2 as product on product.id = entry.product2id
 order by item.at`;
}

const ITEM_PRICES = pricesStatement('org.opportunity', 'parent.name', 'null::text');
const ORDER_PRICES = pricesStatement('org."order"', 'null::text', 'parent.status');

const CENTS = 100;

/** Money in whole cents. */
export function cents(amount: number): number {
  return Math.round((amount + Number.EPSILON) * CENTS) / CENTS;
}
