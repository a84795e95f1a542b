import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { present } from '../../../src/kit/assert.ts';
import { silentLog } from '../../../src/kit/log.ts';
import { openOrg } from '../../../sandbox/open-org.ts';
import { enableFeature } from '../../../sandbox/schema/enable-feature.ts';
import { openTestOrg, type TestOrg } from '../support/open-test-org.ts';
import { queryOrg } from '../support/query-org.ts';

let testOrg: TestOrg;
beforeAll(async () => {
  testOrg = await openTestOrg();
});
afterAll(async () => {
  await testOrg[Symbol.asyncDispose]();
});

const query = (text: string): Promise<readonly unknown[]> => queryOrg(testOrg.org, text);

async function create(object: string, record: Record<string, unknown>): Promise<string> {
  const [result] = await testOrg.org.records.create(testOrg.context, object, [record]);
  const [error] = result?.errors ?? [];
  return error === undefined ? (result?.id ?? '') : `${error.errorCode}: ${error.message}`;
}

const deal = (Name: string, Amount: number, CurrencyIsoCode?: string): Promise<string> =>
  create('Opportunity', {
    Name,
    Amount,
    StageName: 'Prospecting',
    CloseDate: '2026-12-31',
    ...(CurrencyIsoCode === undefined ? {} : { CurrencyIsoCode }),
  });

describe('several currencies', () => {
  test('are not there until they are asked for', async () => {
    await expect(query('SELECT CurrencyIsoCode FROM Account')).rejects.toThrow('No such column');
    await expect(query('SELECT Id FROM CurrencyType')).rejects.toThrow('CurrencyType');
  });

  test('say of the records that were there that they are in the corporate currency', async () => {
    await enableFeature(testOrg.org, 'MultiCurrency');
    await enableFeature(testOrg.org, 'MultiCurrency');
    expect(await query('SELECT IsoCode, IsCorporate, ConversionRate FROM CurrencyType')).toEqual([
      expect.objectContaining({ IsoCode: 'USD', IsCorporate: true, ConversionRate: 1 }),
    ]);
    expect(
      await query("SELECT Id FROM Opportunity WHERE CurrencyIsoCode != 'USD' LIMIT 1"),
    ).toEqual([]);
    expect(
      await query('SELECT CurrencyIsoCode, DefaultCurrencyIsoCode FROM User LIMIT 1'),
    ).toMatchObject([{ CurrencyIsoCode: 'USD', DefaultCurrencyIsoCode: 'USD' }]);
  });

  test('are those that are active, whoever made them', async () => {
    expect(await deal('Too early', 1, 'EUR')).toContain('INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST');
    expect(
      await create('CurrencyType', {
        IsoCode: 'EUR',
        ConversionRate: 0.5,
        DecimalPlaces: 2,
        IsActive: true,
      }),
    ).toMatch(/^01L/);
    expect(await deal('Dear', 1_000, 'EUR')).toMatch(/^006/);
    await deal('Cheap', 1_500);
    await using again = await openOrg(testOrg.org.config, silentLog);
    const account = present(again.schema().findObject('Account'), 'Account');
    expect(
      again
        .schema()
        .findField(account, 'CurrencyIsoCode')
        ?.picklistValues.map(({ value }) => value),
    ).toEqual(['USD', 'EUR']);
  });

  test('are converted when asked to, compared by literals, and added up in the corporate one', async () => {
    const own = "Name IN ('Dear', 'Cheap')";
    expect(
      await query(
        `SELECT Name, Amount, convertCurrency(Amount) inMine, CurrencyIsoCode FROM Opportunity WHERE ${own} ORDER BY Name`,
      ),
    ).toMatchObject([
      { Name: 'Cheap', Amount: 1_500, inMine: 1_500, CurrencyIsoCode: 'USD' },
      { Name: 'Dear', Amount: 1_000, inMine: 2_000, CurrencyIsoCode: 'EUR' },
    ]);
    const names = async (condition: string): Promise<unknown> =>
      (await query(`SELECT Name FROM Opportunity WHERE ${own} AND ${condition}`)).map(
        (record) => Object(record)['Name'],
      );
    expect(await names('Amount > USD1600')).toEqual(['Dear']);
    expect(await names('Amount < EUR800')).toEqual(['Cheap']);
    expect(await names('Amount > 1200')).toEqual(['Cheap']);
    expect(await query(`SELECT SUM(Amount) total FROM Opportunity WHERE ${own}`)).toMatchObject([
      { total: 3_500 },
    ]);
    expect(
      await query(`SELECT FORMAT(Amount) shown FROM Opportunity WHERE Name = 'Dear'`),
    ).toMatchObject([{ shown: 'EUR 1,000.00' }]);
  });

  test('are of a new user’s own choice', async () => {
    const [profile] = await query("SELECT Id FROM Profile WHERE Name = 'System Administrator'");
    const userId = await create('User', {
      Username: 'euro@example.com',
      LastName: 'Euro',
      Email: 'euro@example.com',
      Alias: 'euro',
      ProfileId: Object(profile)['Id'],
      TimeZoneSidKey: 'Europe/Paris',
      LocaleSidKey: 'en_US',
      EmailEncodingKey: 'UTF-8',
      LanguageLocaleKey: 'en_US',
      DefaultCurrencyIsoCode: 'EUR',
    });
    const { org, context } = testOrg;
    const [result] = await org.records.create({ ...context, session: { userId } }, 'Account', [
      { Name: 'Chez Euro' },
    ]);
    expect(result?.errors).toEqual([]);
    expect(
      await query("SELECT CurrencyIsoCode FROM Account WHERE Name = 'Chez Euro'"),
    ).toMatchObject([{ CurrencyIsoCode: 'EUR' }]);
  });
});

test('a record type made as a record is one from then on', async () => {
  const made = await create('RecordType', {
    Name: 'A Depot',
    DeveloperName: 'Depot',
    SobjectType: 'Asset',
    IsActive: true,
  });
  const id = await create('Asset', {
    Name: 'Shed',
    RecordTypeId: made,
    AccountId: await create('Account', { Name: 'Owner of sheds' }),
  });
  expect(id).toMatch(/^02i/);
  expect(testOrg.org.schema().findObject('Asset')?.recordTypes).toMatchObject([
    { id: made, developerName: 'Depot', isDefault: true },
  ]);
});
