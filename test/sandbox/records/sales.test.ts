import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import type { InputRecord } from '../../../sandbox/records/engine.ts';
import { openTestOrg, type TestOrg } from '../support/open-test-org.ts';

let testOrg: TestOrg;
let standardBook = '';
let book = '';
let otherBook = '';
let product = '';
let entry = '';

beforeAll(async () => {
  testOrg = await openTestOrg();
  const { rows } = await testOrg.org.pool.query<{ id: string }>(
    'select id from org.pricebook2 where isstandard',
  );
  standardBook = rows[0]?.id ?? '';
  [book = '', otherBook = ''] = await make('Pricebook2', [
    { Name: 'Retail', IsActive: true },
    { Name: 'Wholesale', IsActive: true },
  ]);
  [product = ''] = await make('Product2', [{ Name: 'Lamp', ProductCode: 'L1', IsActive: true }]);
  await make('PricebookEntry', [
    { Pricebook2Id: standardBook, Product2Id: product, UnitPrice: 10, IsActive: true },
  ]);
  [entry = ''] = await make('PricebookEntry', [
    { Pricebook2Id: book, Product2Id: product, UnitPrice: 12, IsActive: true },
  ]);
});
afterAll(async () => {
  await testOrg[Symbol.asyncDispose]();
});

async function attempt(object: string, records: readonly InputRecord[]) {
  const results = await testOrg.org.records.create(testOrg.context, object, records);
  return results.map(({ id, errors }) =>
    errors[0] === undefined ? (id ?? '') : `${errors[0].errorCode}: ${errors[0].message}`,
  );
}

async function make(object: string, records: readonly InputRecord[]): Promise<readonly string[]> {
  const made = await attempt(object, records);
  expect(made.filter((id) => id.includes(':'))).toEqual([]);
  return made;
}

async function change(object: string, record: InputRecord): Promise<string> {
  const [result] = await testOrg.org.records.update(testOrg.context, object, [record]);
  const error = result?.errors[0];
  return error === undefined ? 'saved' : `${error.errorCode}: ${error.message}`;
}

async function read(sql: string, id: string): Promise<unknown> {
  return (await testOrg.org.pool.query<Record<string, unknown>>(sql, [id])).rows[0];
}

const opportunity = (name: string): InputRecord => ({
  Name: name,
  StageName: 'Value Proposition',
  CloseDate: '2030-01-01',
  Amount: 5,
});
const TOTALS =
  'select amount, totalopportunityquantity as quantity, hasopportunitylineitem as has, pricebook2id as book, expectedrevenue as expected from org.opportunity where id = $1';

describe('an opportunity', () => {
  test('shows what its products come to, of several items and of several opportunities in one call', async () => {
    const [first = '', second = ''] = await make('Opportunity', [
      opportunity('One'),
      opportunity('Two'),
    ]);
    const items = await make('OpportunityLineItem', [
      { OpportunityId: first, PricebookEntryId: entry, Quantity: 3, UnitPrice: 12.5 },
      { OpportunityId: first, PricebookEntryId: entry, Quantity: 2, TotalPrice: 20 },
      { OpportunityId: second, PricebookEntryId: entry, Quantity: 1, UnitPrice: 7 },
    ]);
    expect(await read(TOTALS, first)).toEqual({
      amount: 57.5,
      quantity: 5,
      has: true,
      book,
      expected: 28.75,
    });
    expect(await read(TOTALS, second)).toMatchObject({ amount: 7, quantity: 1 });
    const SHOWN =
      'select name, productcode, listprice, unitprice, totalprice, product2id as product from org.opportunitylineitem where id = $1';
    expect(await read(SHOWN, items[1] ?? '')).toEqual({
      name: 'One Lamp',
      productcode: 'L1',
      listprice: 12,
      unitprice: 10,
      totalprice: 20,
      product,
    });

    expect(await change('OpportunityLineItem', { Id: items[0] ?? '', Quantity: 1 })).toBe('saved');
    expect(await change('Opportunity', { Id: first, Amount: 999, NextStep: 'call' })).toBe('saved');
    expect(await read(TOTALS, first)).toMatchObject({ amount: 32.5, quantity: 3 });
    expect(await change('Opportunity', { Id: first, Pricebook2Id: otherBook })).toMatch(
      /^FIELD_INTEGRITY_EXCEPTION/,
    );

    await testOrg.org.records.delete(testOrg.context, [items[0] ?? '', items[1] ?? '']);
    expect(await read(TOTALS, first)).toMatchObject({ amount: 32.5, has: false });
    expect(await change('Opportunity', { Id: first, Amount: 999 })).toBe('saved');
    expect(await read(TOTALS, first)).toMatchObject({ amount: 999 });
  });

  test('keeps its totals through deletion and undeletion, and tells of each change once', async () => {
    const [id = ''] = await make('Opportunity', [opportunity('Three')]);
    await make('OpportunityLineItem', [
      { OpportunityId: id, PricebookEntryId: entry, Quantity: 4, UnitPrice: 5 },
    ]);
    await testOrg.org.records.delete(testOrg.context, [id]);
    await testOrg.org.records.undelete(testOrg.context, [id]);
    expect(await read(TOTALS, id)).toMatchObject({ amount: 20, quantity: 4, has: true });
    const { rows } = await testOrg.org.pool.query(
      'select change_type, changed_fields from change_journal where record_id = $1 order by id',
      [id],
    );
    expect(rows.map((row: { change_type: string }) => row.change_type)).toEqual([
      'CREATE',
      'UPDATE',
      'DELETE',
      'UNDELETE',
    ]);
  });
});

describe('a line item', () => {
  test('needs an active entry of the price book of its opportunity, and one price', async () => {
    const [id = ''] = await make('Opportunity', [{ ...opportunity('Four'), Pricebook2Id: book }]);
    const [idle = ''] = await make('Product2', [{ Name: 'Idle' }]);
    await make('PricebookEntry', [
      { Pricebook2Id: standardBook, Product2Id: idle, UnitPrice: 1, IsActive: true },
    ]);
    const [inactive = '', foreign = ''] = await make('PricebookEntry', [
      { Pricebook2Id: book, Product2Id: idle, UnitPrice: 1, IsActive: false },
      { Pricebook2Id: otherBook, Product2Id: product, UnitPrice: 1, IsActive: true },
    ]);
    const item = { OpportunityId: id, Quantity: 1, UnitPrice: 1 };
    expect(
      await attempt('OpportunityLineItem', [
        item,
        { ...item, PricebookEntryId: inactive },
        { ...item, PricebookEntryId: foreign },
        { ...item, PricebookEntryId: entry, TotalPrice: 1 },
        { OpportunityId: id, Quantity: 1, PricebookEntryId: entry },
        { ...item, PricebookEntryId: entry, Quantity: 0 },
        { ...item, Product2Id: product },
      ]),
    ).toEqual([
      'FIELD_INTEGRITY_EXCEPTION: field integrity exception: PricebookEntryId, unknown (versions 3.0 and higher must specify pricebook entry id; others must specify product id)',
      'FIELD_INTEGRITY_EXCEPTION: field integrity exception: PricebookEntryId (pricebook entry is inactive)',
      'FIELD_INTEGRITY_EXCEPTION: field integrity exception: PricebookEntryId (pricebook entry is in a different pricebook than the one assigned to the opportunity)',
      "INVALID_FIELD: Cannot specify both 'UnitPrice' and 'TotalPrice' in create call",
      'REQUIRED_FIELD_MISSING: Required fields are missing: [TotalPrice]',
      'FIELD_INTEGRITY_EXCEPTION: field integrity exception: Quantity (quantity must be nonzero)',
      expect.stringMatching(/^00k/),
    ]);
    expect(await read(TOTALS, id)).toMatchObject({ amount: 1 });
  });
});

test('a price needs a standard price first, is there once, and may follow it', async () => {
  const [chair = ''] = await make('Product2', [{ Name: 'Chair' }]);
  const price = { Pricebook2Id: book, Product2Id: chair, UnitPrice: 3, IsActive: true };
  expect(await attempt('PricebookEntry', [price])).toEqual([
    'STANDARD_PRICE_NOT_DEFINED: No standard price defined for this product',
  ]);
  const [standard = '', follower = '', second = ''] = await attempt('PricebookEntry', [
    { ...price, Pricebook2Id: standardBook },
    { Pricebook2Id: book, Product2Id: chair, UseStandardPrice: true },
    price,
  ]);
  expect(second).toBe('DUPLICATE_VALUE: This price definition already exists in this price book');
  expect(await attempt('PricebookEntry', [price])).toEqual([
    'FIELD_INTEGRITY_EXCEPTION: This price definition already exists in this price book',
  ]);
  expect(await change('PricebookEntry', { Id: follower, UnitPrice: 8 })).toBe(
    'FIELD_INTEGRITY_EXCEPTION: field integrity exception',
  );
  expect(await change('PricebookEntry', { Id: standard, UnitPrice: 4 })).toBe('saved');
  expect(await change('Product2', { Id: chair, Name: 'Armchair' })).toBe('saved');
  expect(
    await read('select name, unitprice as price from org.pricebookentry where id = $1', follower),
  ).toEqual({ name: 'Armchair', price: 4 });
});

test('an order adds up its products, and is activated with products alone', async () => {
  const [account = ''] = await make('Account', [{ Name: 'Buyer' }]);
  const [order = ''] = await make('Order', [
    { AccountId: account, EffectiveDate: '2026-01-01', Status: 'Draft', Pricebook2Id: book },
  ]);
  expect(await change('Order', { Id: order, Status: 'Activated' })).toBe(
    'FAILED_ACTIVATION: An order must have at least one product.',
  );
  const item = { OrderId: order, PricebookEntryId: entry, Quantity: 2, UnitPrice: 11 };
  await make('OrderItem', [item, { ...item, Quantity: 1 }]);
  expect(await change('Order', { Id: order, Status: 'Activated' })).toBe('saved');
  expect(
    await read(
      'select totalamount as total, statuscode as code from org."order" where id = $1',
      order,
    ),
  ).toEqual({ total: 33, code: 'Activated' });
  expect((await attempt('OrderItem', [item]))[0]).toMatch(/^FIELD_INTEGRITY_EXCEPTION/);
});

test('a campaign counts its members, each person once; a member shows its person', async () => {
  const [campaign = ''] = await make('Campaign', [{ Name: 'Fair' }]);
  const [lead = ''] = await make('Lead', [
    { LastName: 'Byron', FirstName: 'Ada', Company: 'Engine', Email: 'ada@example.org' },
  ]);
  const [contact = ''] = await make('Contact', [{ LastName: 'Babbage', Phone: '123' }]);
  const [member = ''] = await make('CampaignMember', [
    { CampaignId: campaign, LeadId: lead },
    { CampaignId: campaign, ContactId: contact, Status: 'Responded' },
  ]);
  expect(
    await attempt('CampaignMember', [
      { CampaignId: campaign, ContactId: contact },
      { CampaignId: campaign },
    ]),
  ).toEqual([
    'DUPLICATE_VALUE: Already a campaign member.',
    'REQUIRED_FIELD_MISSING: Required fields are missing: [LeadId, ContactId]',
  ]);
  expect(
    await read(
      'select numberofleads as leads, numberofcontacts as contacts, numberofresponses as responses from org.campaign where id = $1',
      campaign,
    ),
  ).toEqual({ leads: 1, contacts: 1, responses: 1 });
  expect(await change('CampaignMember', { Id: member, Status: 'Responded' })).toBe('saved');
});

test('nothing stands above itself', async () => {
  const [top = '', middle = '', low = ''] = await make('Account', [
    { Name: 'Top' },
    { Name: 'Middle' },
    { Name: 'Low' },
  ]);
  expect(await change('Account', { Id: middle, ParentId: top })).toBe('saved');
  expect(await change('Account', { Id: low, ParentId: middle })).toBe('saved');
  expect(await change('Account', { Id: top, ParentId: low })).toBe(
    'CIRCULAR_DEPENDENCY: attempt to violate hierarchy constraints',
  );
  expect(await change('Account', { Id: top, ParentId: top })).toBe(
    'CIRCULAR_DEPENDENCY: attempt to violate hierarchy constraints',
  );
});

test('an opportunity has one primary contact', async () => {
  const [id = ''] = await make('Opportunity', [opportunity('Five')]);
  const [one = '', two = ''] = await make('Contact', [{ LastName: 'One' }, { LastName: 'Two' }]);
  const role = { OpportunityId: id, IsPrimary: true };
  const [first = ''] = await make('OpportunityContactRole', [{ ...role, ContactId: one }]);
  await make('OpportunityContactRole', [{ ...role, ContactId: two }]);
  expect(
    await read('select isprimary as primary from org.opportunitycontactrole where id = $1', first),
  ).toEqual({ primary: false });
});
