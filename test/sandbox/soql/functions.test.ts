import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { recordId } from '../../../sandbox/store/record-id.ts';
import { createOrgRows, NOW, USER_ID, type OrgRows } from './org-rows.ts';

const ACME = recordId('001', 1n);
const SUB = recordId('001', 2n);
const ANN = recordId('003', 1n);
const GROUP = recordId('00G', 1n);
const stamps = { createddate: NOW, lastmodifieddate: NOW, systemmodstamp: NOW };

let org: OrgRows;

beforeAll(async () => {
  org = await createOrgRows();
  await org.insert('User', [
    {
      Id: USER_ID,
      LastName: 'Admin',
      Username: 'ada@example.com',
      Email: 'ada@example.com',
      IsActive: true,
    },
  ]);
  await org.insert('Group', [{ Id: GROUP, Name: 'Queue', Type: 'Queue', ...stamps }]);
  await org.insert('Account', [
    {
      Id: ACME,
      Name: 'Acme',
      OwnerId: USER_ID,
      AnnualRevenue: 1_234_567.5,
      BillingLatitude: 37.775,
      BillingLongitude: -122.418,
      Industry: 'Energy',
      Rating: 'Hot',
      ...stamps,
    },
    {
      Id: SUB,
      Name: 'Sub',
      ParentId: ACME,
      OwnerId: recordId('005', 99n),
      BillingLatitude: 34.052,
      BillingLongitude: -118.244,
      Industry: 'Energy',
      Rating: 'Cold',
      ...stamps,
    },
  ]);
  await org.insert('Contact', [
    { Id: ANN, LastName: 'Ann', AccountId: ACME, Birthdate: '1990-02-03', ...stamps },
  ]);
  await org.insert('Case', [
    {
      Id: recordId('500', 1n),
      Subject: 'By user',
      OwnerId: USER_ID,
      ContactId: ANN,
      AccountId: ACME,
      ...stamps,
    },
    { Id: recordId('500', 2n), Subject: 'By queue', OwnerId: GROUP, ...stamps },
  ]);
  await org.insert('Opportunity', [
    {
      Id: recordId('006', 1n),
      Name: 'A',
      Amount: 100,
      CloseDate: '2026-01-15',
      StageName: 'Prospecting',
      AccountId: ACME,
      ...stamps,
    },
    {
      Id: recordId('006', 2n),
      Name: 'B',
      Amount: 50.5,
      CloseDate: '2026-04-01',
      StageName: 'Prospecting',
      ...stamps,
    },
    {
      Id: recordId('006', 3n),
      Name: 'C',
      CloseDate: '2025-12-31',
      StageName: 'Closed Won',
      ...stamps,
    },
  ]);
});

afterAll(async () => {
  await org[Symbol.asyncDispose]();
});

test('a polymorphic parent answers as Name, with the URL of what it is', async () => {
  const { records } = org.compile('SELECT Owner.Name, Owner.Type FROM Case ORDER BY Subject DESC');
  const { rows } = await org.pool.query({ text: records.text, values: [...records.values] });
  expect(rows.map(({ record }: { record: string }) => JSON.parse(record).Owner)).toEqual([
    {
      attributes: { type: 'Name', url: `/services/data/v60.0/sobjects/User/${USER_ID}` },
      Name: 'Admin',
      Type: 'User',
    },
    {
      attributes: { type: 'Name', url: `/services/data/v60.0/sobjects/Group/${GROUP}` },
      Name: 'Queue',
      Type: 'Group',
    },
  ]);
  expect(await org.records("SELECT Subject FROM Case WHERE Owner.Type = 'Group'")).toEqual([
    { Subject: 'By queue' },
  ]);
});

test('TYPEOF answers the fields of the kind of parent it finds', async () => {
  expect(
    await org.records(
      'SELECT Subject, TYPEOF Owner WHEN User THEN Username, Email WHEN Group THEN Type END FROM Case ORDER BY Subject',
    ),
  ).toEqual([
    { Subject: 'By queue', Owner: { Type: 'Queue' } },
    { Subject: 'By user', Owner: { Username: 'ada@example.com', Email: 'ada@example.com' } },
  ]);
  expect(
    await org.records(
      "SELECT TYPEOF Owner WHEN User THEN Username ELSE Name END FROM Case WHERE Subject = 'By queue'",
    ),
  ).toEqual([{ Owner: { Name: 'Queue' } }]);
});

test('children have parents and children of their own', async () => {
  expect(
    await org.records(
      "SELECT Name, (SELECT LastName, Account.Owner.Username, (SELECT Subject FROM Cases) FROM Contacts), (SELECT Name FROM ChildAccounts) FROM Account WHERE Name = 'Acme'",
    ),
  ).toEqual([
    {
      Name: 'Acme',
      Contacts: {
        totalSize: 1,
        done: true,
        records: [
          {
            LastName: 'Ann',
            Account: { Owner: { Username: 'ada@example.com' } },
            Cases: { totalSize: 1, done: true, records: [{ Subject: 'By user' }] },
          },
        ],
      },
      ChildAccounts: { totalSize: 1, done: true, records: [{ Name: 'Sub' }] },
    },
  ]);
});

test('FIELDS(STANDARD) answers every standard field once', async () => {
  const [record] = await org.records('SELECT FIELDS(STANDARD) FROM Contact');
  const fields = org.schema.findObject('Contact')?.fields.map(({ name }) => name);
  expect(Object.keys(Object(record))).toEqual(fields);
});

describe('functions', () => {
  test('FORMAT and toLabel answer text for people under the field’s name or an alias', async () => {
    expect(
      await org.records(
        "SELECT FORMAT(AnnualRevenue), FORMAT(CreatedDate) made, toLabel(Industry), convertCurrency(AnnualRevenue) same FROM Account WHERE Name = 'Acme'",
      ),
    ).toEqual([
      {
        AnnualRevenue: expect.stringMatching(/^\$1,234,56[78](\.50)?$/),
        made: '11/21/2026, 10:30 AM',
        Industry: 'Energy',
        same: 1_234_567.5,
      },
    ]);
  });

  test('DISTANCE measures between a location field and a place', async () => {
    const [near] = await org.records(
      "SELECT Name FROM Account WHERE DISTANCE(BillingAddress, GEOLOCATION(37.775, -122.418), 'mi') < 20",
    );
    expect(near).toEqual({ Name: 'Acme' });
    expect(
      await org.records(
        "SELECT Name FROM Account WHERE DISTANCE(BillingAddress, GEOLOCATION(37.775, -122.418), 'km') > 500 ORDER BY DISTANCE(BillingAddress, GEOLOCATION(37.775, -122.418), 'km')",
      ),
    ).toEqual([{ Name: 'Sub' }]);
  });

  test('dates are grouped by their parts', async () => {
    expect(
      await org.records(
        'SELECT CALENDAR_YEAR(CloseDate) year, CALENDAR_QUARTER(CloseDate), COUNT(Id), SUM(Amount) FROM Opportunity GROUP BY CALENDAR_YEAR(CloseDate), CALENDAR_QUARTER(CloseDate) ORDER BY CALENDAR_YEAR(CloseDate), CALENDAR_QUARTER(CloseDate)',
      ),
    ).toEqual([
      { year: 2025, expr0: 4, expr1: 1, expr2: null },
      { year: 2026, expr0: 1, expr1: 1, expr2: 100 },
      { year: 2026, expr0: 2, expr1: 1, expr2: 50.5 },
    ]);
    expect(
      await org.records(
        'SELECT Name FROM Opportunity WHERE CloseDate = THIS_FISCAL_YEAR AND CloseDate < LAST_N_MONTHS:6 ORDER BY Name',
      ),
    ).toEqual([{ Name: 'A' }, { Name: 'B' }]);
    expect(
      await org.records(
        'SELECT DAY_IN_YEAR(CloseDate) d, WEEK_IN_YEAR(CloseDate) w, DAY_ONLY(CreatedDate) o, HOUR_IN_DAY(convertTimezone(CreatedDate)) h FROM Opportunity GROUP BY DAY_IN_YEAR(CloseDate), WEEK_IN_YEAR(CloseDate), DAY_ONLY(CreatedDate), HOUR_IN_DAY(convertTimezone(CreatedDate)) ORDER BY DAY_IN_YEAR(CloseDate) LIMIT 1',
      ),
    ).toEqual([{ d: 15, w: 3, o: '2026-11-21', h: 10 }]);
  });

  test('ROLLUP and CUBE add their totals, GROUPING tells them apart', async () => {
    expect(
      await org.records(
        'SELECT StageName, COUNT(Id) n, GROUPING(StageName) g FROM Opportunity GROUP BY ROLLUP(StageName) ORDER BY COUNT(Id)',
      ),
    ).toEqual([
      { StageName: 'Closed Won', n: 1, g: 0 },
      { StageName: 'Prospecting', n: 2, g: 0 },
      { StageName: null, n: 3, g: 1 },
    ]);
    expect(
      await org.records(
        'SELECT Industry, Rating, COUNT(Id) n FROM Account GROUP BY CUBE(Industry, Rating)',
      ),
    ).toHaveLength(6);
  });
});

test('USING SCOPE mine finds what the caller owns; FOR VIEW and WITH USER_MODE change nothing', async () => {
  expect(await org.records('SELECT Name FROM Account USING SCOPE mine')).toEqual([
    { Name: 'Acme' },
  ]);
  expect(
    await org.records("SELECT Name FROM Account WHERE Name = 'Sub' WITH USER_MODE FOR VIEW"),
  ).toEqual([{ Name: 'Sub' }]);
});

test('picklists are ordered as their values are', async () => {
  expect(await org.records('SELECT Rating FROM Account ORDER BY Rating')).toEqual([
    { Rating: 'Hot' },
    { Rating: 'Cold' },
  ]);
});

test('aliases of FROM stand for the object and its parents', async () => {
  expect(
    await org.records(
      "SELECT c.LastName, a.Name FROM Contact c, c.Account a WHERE a.Name = 'acme' AND Contact.LastName = 'Ann'",
    ),
  ).toEqual([{ LastName: 'Ann', Account: { Name: 'Acme' } }]);
});
