import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';

import { createOrgRows, USER_ID, type OrgRows } from './org-rows.ts';

const ACME = '001gL0000000001QAA';
const BETA = '001gL0000000002QAA';
const GONE = '001gL0000000003QAA';
const ANN = '003gL0000000001QAA';
const BOB = '003gL0000000002QAA';
const CAT = '003gL0000000003QAA';

let org: OrgRows;

beforeAll(async () => {
  org = await createOrgRows();
  const stamps = {
    createddate: '2026-11-20T23:59:59Z',
    lastmodifieddate: '2026-11-21T06:41:31Z',
    systemmodstamp: '2026-11-21T06:41:31Z',
    ownerid: USER_ID,
  };
  await org.insert('User', [
    {
      Id: USER_ID,
      LastName: 'Admin',
      FirstName: 'Ada',
      Username: 'ada@example.com',
      IsActive: true,
    },
  ]);
  await org.insert('Account', [
    {
      Id: ACME,
      Name: 'Acme "Q" \\ Co',
      AnnualRevenue: 350_000_000,
      NumberOfEmployees: 12,
      Industry: 'Energy',
      BillingCity: 'Austin',
      ...stamps,
    },
    { Id: BETA, Name: 'beta', AnnualRevenue: 1.25, Rating: 'Hot', ...stamps },
    { Id: GONE, Name: 'Gone', IsDeleted: true, ...stamps },
  ]);
  await org.insert('Contact', [
    {
      Id: ANN,
      LastName: 'Ågren',
      FirstName: 'Ann',
      AccountId: ACME,
      Email: 'Ann@Example.com',
      Birthdate: '1990-02-03',
      ...stamps,
    },
    { Id: BOB, LastName: 'Brown', AccountId: ACME, Department: '50%_off', ...stamps },
    {
      Id: CAT,
      LastName: 'cole',
      IsEmailBounced: true,
      ...stamps,
      systemmodstamp: '2026-11-21T06:41:32Z',
    },
  ]);
  await org.insert('Case', [
    { Id: '500gL0000000001QAA', Subject: 'Help', Status: 'New', ContactId: ANN, ...stamps },
  ]);
});

afterAll(async () => {
  await org[Symbol.asyncDispose]();
});

async function names(where: string): Promise<readonly string[]> {
  const records = await org.records(`SELECT LastName FROM Contact ${where}`);
  return z
    .array(z.object({ LastName: z.string() }))
    .parse(records)
    .map(({ LastName }) => LastName);
}

describe('a record', () => {
  test('has its attributes first and its fields in the order and spelling of describe', async () => {
    const { records } = org.compile(
      `select id, lastname, account.name, Account.Owner.Name, createddate from contact where id = '${ANN.slice(0, 15)}'`,
    );
    const { rows } = await org.pool.query({ text: records.text, values: [...records.values] });
    expect(rows[0].record).toBe(
      `{"attributes":{"type":"Contact","url":"/services/data/v60.0/sobjects/Contact/${ANN}"},"Id":"${ANN}","LastName":"Ågren",` +
        `"Account":{"attributes":{"type":"Account","url":"/services/data/v60.0/sobjects/Account/${ACME}"},"Name":"Acme \\"Q\\" \\\\ Co",` +
        `"Owner":{"attributes":{"type":"User","url":"/services/data/v60.0/sobjects/User/${USER_ID}"},"Name":"Ada Admin"}},"CreatedDate":"2026-11-20T23:59:59.000+0000"}`,
    );
  });

  test('shows whole decimals with a point, whole integers without, and a missing parent as null', async () => {
    expect(
      await org.records(
        'SELECT AnnualRevenue, NumberOfEmployees, IsDeleted FROM Account ORDER BY AnnualRevenue',
      ),
    ).toEqual([
      { AnnualRevenue: 1.25, NumberOfEmployees: null, IsDeleted: false },
      { AnnualRevenue: 350_000_000, NumberOfEmployees: 12, IsDeleted: false },
    ]);
    expect(
      await org.records(
        `SELECT Account.Name, Birthdate FROM Contact WHERE Id IN ('${CAT}', '${ANN}') ORDER BY Id`,
      ),
    ).toEqual([
      { Account: { Name: 'Acme "Q" \\ Co' }, Birthdate: '1990-02-03' },
      { Account: null, Birthdate: null },
    ]);
  });

  test('gathers an address from its parts, null when there are none', async () => {
    expect(await org.records('SELECT BillingAddress FROM Account ORDER BY Name')).toEqual([
      {
        BillingAddress: {
          city: 'Austin',
          country: null,
          geocodeAccuracy: null,
          latitude: null,
          longitude: null,
          postalCode: null,
          state: null,
          street: null,
        },
      },
      { BillingAddress: null },
    ]);
  });

  test('holds its children with their number, or null when it has none', async () => {
    expect(
      await org.records(
        'SELECT Name, (SELECT LastName FROM Contacts ORDER BY LastName DESC) FROM Account ORDER BY Name',
      ),
    ).toEqual([
      {
        Name: 'Acme "Q" \\ Co',
        Contacts: {
          totalSize: 2,
          done: true,
          records: [{ LastName: 'Ågren' }, { LastName: 'Brown' }],
        },
      },
      { Name: 'beta', Contacts: null },
    ]);
  });
});

describe('WHERE', () => {
  test.each([
    ["LastName = 'BROWN'", ['Brown']],
    ["LastName = 'åGREN'", ['Ågren']],
    ["LastName LIKE 'å%'", ['Ågren']],
    ["LastName != 'brown'", ['cole', 'Ågren']],
    ["Email != 'ann@example.com'", ['Brown', 'cole']],
    ["NOT Email = 'ANN@example.com'", ['Brown', 'cole']],
    ['Email = null', ['Brown', 'cole']],
    ["Email = ''", ['Brown', 'cole']],
    ['Email != null', ['Ågren']],
    ["LastName LIKE 'C%'", ['cole']],
    ["LastName LIKE '_row_'", ['Brown']],
    ["Department LIKE '50\\%\\_%'", ['Brown']],
    ["(NOT LastName LIKE 'b%')", ['cole', 'Ågren']],
    ["LastName IN ('cole', 'Nobody')", ['cole']],
    ["LastName NOT IN ('cole', 'brown')", ['Ågren']],
    ["Email IN ('x@y.z', null)", ['Brown', 'cole']],
    ["Email NOT IN ('x@y.z')", ['Brown', 'cole', 'Ågren']],
    ['IsEmailBounced = true', ['cole']],
    ['IsEmailBounced != true', ['Brown', 'Ågren']],
    ['Birthdate = 1990-02-03', ['Ågren']],
    ['Birthdate < 1990-02-03', []],
    ['SystemModstamp > 2026-11-21T07:41:31+01:00', ['cole']],
    ['SystemModstamp >= 2026-11-21T06:41:31Z', ['Brown', 'cole', 'Ågren']],
    ['SystemModstamp = TODAY AND CreatedDate = YESTERDAY', ['Brown', 'cole', 'Ågren']],
    ['CreatedDate = LAST_N_DAYS:1', ['Brown', 'cole', 'Ågren']],
    ['CreatedDate > YESTERDAY', []],
    ['Account.Name = \'acme "q" \\\\ co\'', ['Brown', 'Ågren']],
    ['Account.Name = null', ['cole']],
    ["Account.Name != 'zzz'", ['Brown', 'cole', 'Ågren']],
    ['Account.IsDeleted = false', ['Brown', 'cole', 'Ågren']],
    [`AccountId = '${ACME}'`, ['Brown', 'Ågren']],
    [`Id > '${ANN}' AND (LastName = 'x' OR LastName = 'cole')`, ['cole']],
    ["Account.Owner.Username = 'ADA@example.com'", ['Brown', 'Ågren']],
    ["Id IN (SELECT ContactId FROM Case WHERE Status = 'new')", ['Ågren']],
    ['Id NOT IN (SELECT ContactId FROM Case)', ['Brown', 'cole']],
    ["AccountId NOT IN (SELECT Id FROM Account WHERE Name LIKE 'ac%')", ['cole']],
    [
      'CALENDAR_YEAR(CreatedDate) = 2026 AND DAY_IN_WEEK(CreatedDate) = 6',
      ['Brown', 'cole', 'Ågren'],
    ],
    ['DAY_ONLY(CreatedDate) = YESTERDAY', ['Brown', 'cole', 'Ågren']],
  ])('%s', async (where, expected) => {
    expect((await names(`WHERE ${where}`)).toSorted()).toEqual(expected);
  });

  test('numbers are compared as numbers, an integer with a fraction too', async () => {
    expect(
      await org.records(
        'SELECT Name FROM Account WHERE NumberOfEmployees > 11.5 AND AnnualRevenue >= 3.5',
      ),
    ).toHaveLength(1);
    expect(await org.records('SELECT Name FROM Account WHERE NumberOfEmployees != 12')).toEqual([
      { Name: 'beta' },
    ]);
  });
});

describe('order and page', () => {
  test('text is ordered whatever its case, nulls come first in both directions', async () => {
    expect(await names('ORDER BY LastName')).toEqual(['Brown', 'cole', 'Ågren']);
    expect((await names('ORDER BY Birthdate DESC')).at(-1)).toBe('Ågren');
    expect((await names('ORDER BY Birthdate NULLS LAST'))[0]).toBe('Ågren');
  });

  test('LIMIT and OFFSET cut what is counted', async () => {
    expect(await names('ORDER BY LastName LIMIT 1 OFFSET 1')).toEqual(['cole']);
    const { count } = org.compile('SELECT Id FROM Contact LIMIT 2');
    expect((await org.pool.query({ text: count.text, values: [...count.values] })).rows).toEqual([
      { count: '2' },
    ]);
  });

  test('a cursor remembers ids and reads each page in their order', async () => {
    const query = org.compile('SELECT LastName FROM Contact ORDER BY LastName');
    const page = query.listing?.recordsOf?.([CAT, ANN]);
    const { rows } = await org.pool.query({
      text: page?.text ?? '',
      values: [...(page?.values ?? [])],
    });
    expect(rows.map(({ record }: { record: string }) => JSON.parse(record).LastName)).toEqual([
      'cole',
      'Ågren',
    ]);
  });

  test('deleted records are there for queryAll only', async () => {
    expect(await org.records('SELECT Id FROM Account')).toHaveLength(2);
    expect(
      await org.records('SELECT Id, IsDeleted FROM Account WHERE IsDeleted = true', {
        includeDeleted: true,
      }),
    ).toEqual([{ Id: GONE, IsDeleted: true }]);
  });
});

describe('aggregates', () => {
  test('count, group, and name what has no alias', async () => {
    expect(org.compile('SELECT COUNT() FROM Contact').kind).toBe('count');
    expect(
      await org.records(
        'SELECT AccountId, COUNT(Id), MAX(LastName) top FROM Contact GROUP BY AccountId HAVING COUNT(Id) > 1',
      ),
    ).toEqual([{ AccountId: ACME, expr0: 2, top: 'Ågren' }]);
    expect(
      await org.records(
        'SELECT COUNT(Email), COUNT_DISTINCT(AccountId), MIN(Birthdate) FROM Contact',
      ),
    ).toEqual([{ expr0: 1, expr1: 1, expr2: '1990-02-03' }]);
    expect(
      await org.records('SELECT SUM(AnnualRevenue), AVG(NumberOfEmployees) a FROM Account'),
    ).toEqual([{ expr0: 350_000_001.25, a: 12 }]);
    expect(
      await org.records(
        'SELECT Account.Name, COUNT(Id) n FROM Contact GROUP BY ROLLUP(Account.Name) ORDER BY COUNT(Id) DESC LIMIT 1',
      ),
    ).toEqual([{ Name: null, n: 3 }]);
  });
});

describe('for CSV', () => {
  test('cells are text in the header’s order, without parameters', async () => {
    const { csv } = org.compile(
      `SELECT Id, Account.Name, IsEmailBounced, SystemModstamp, Birthdate FROM Contact WHERE LastName = 'cole'`,
    );
    expect(csv?.header).toEqual([
      'Id',
      'Account.Name',
      'IsEmailBounced',
      'SystemModstamp',
      'Birthdate',
    ]);
    expect((await org.pool.query({ text: csv?.query ?? '', rowMode: 'array' })).rows).toEqual([
      [CAT, '', 'true', '2026-11-21T06:41:32.000Z', ''],
    ]);
  });
});
