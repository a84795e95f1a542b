import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';

import { addCustomField } from '../../../sandbox/schema/add-custom.ts';
import { compileQuery } from '../../../sandbox/soql/compile.ts';
import { systemClock } from '../../../src/kit/clock.ts';
import { openTestOrg, type TestOrg } from '../support/open-test-org.ts';

let held: TestOrg;
beforeAll(async () => {
  held = await openTestOrg({ ...systemClock, now: () => Date.parse('2026-11-21T09:30:15Z') });
  const { org } = held;
  const formula = (type: string, text: string, more = {}) => ({
    label: 'A formula',
    type,
    formula: text,
    ...more,
  });
  const number = { precision: 18, scale: 2 };
  const fields = {
    'Account.Rate__c': { label: 'Rate', type: 'Percent', precision: 5, scale: 2 },
    'Account.Share__c': formula('Percent', 'Rate__c * 2', number),
    'Account.Big__c': formula('Checkbox', 'AnnualRevenue > 1000'),
    'Account.PerHead__c': formula('Currency', 'AnnualRevenue / NumberOfEmployees', number),
    'Account.Zero__c': formula('Number', 'AnnualRevenue + 1', {
      ...number,
      formulaTreatBlanksAs: 'BlankAsZero',
    }),
    'Account.Blank__c': formula('Number', 'AnnualRevenue + 1', {
      ...number,
      formulaTreatBlanksAs: 'BlankAsBlank',
    }),
    'Account.Kind__c': formula(
      'Text',
      'CASE(Industry, "Energy", "E", "Banking", "B", "?") & IF(ISPICKVAL(Rating, "Hot"), "!", "")',
    ),
    'Account.Tomorrow__c': formula('Date', 'TODAY() + 1'),
    'Contact.Company__c': formula(
      'Text',
      'UPPER(Account.Name) & " of " & Account.Owner.Profile.Name',
    ),
    'Contact.AccountShare__c': formula('Percent', 'Account.Share__c', number),
    'Contact.Short__c': formula('Text', 'AccountId'),
    'Contact.Mine__c': formula('Checkbox', 'Owner.Id = $User.Id'),
  };
  for (const [name, metadata] of Object.entries(fields)) await addCustomField(org, name, metadata);
}, 60_000);
afterAll(async () => held[Symbol.asyncDispose]());

const Rows = z.array(z.object({ record: z.string() }));

async function query(text: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const { org } = held;
  const { records } = compileQuery(text, {
    schema: org.schema(),
    now: new Date(org.clock.now()),
    apiVersion: '60.0',
    userId: org.adminUserId,
    includeDeleted: false,
  });
  const { rows } = await org.pool.query(records.text, [...records.values]);
  return Rows.parse(rows).map(({ record }) => {
    const { attributes: _attributes, ...rest } = z
      .record(z.string(), z.unknown())
      .parse(JSON.parse(record));
    return rest;
  });
}

async function create(object: string, record: Readonly<Record<string, unknown>>): Promise<string> {
  const [result] = await held.org.records.create(held.context, object, [record]);
  if (result?.id === undefined || result.id === null) throw result?.errors[0] ?? new Error('none');
  return result.id;
}

describe('A formula field', () => {
  test('is computed from its record, blanks as its definition says', async () => {
    const id = await create('Account', {
      Name: 'Full',
      AnnualRevenue: 5000,
      NumberOfEmployees: 4,
      Rate__c: 12.5,
      Industry: 'Energy',
      Rating: 'Hot',
    });
    const empty = await create('Account', { Name: 'Empty', NumberOfEmployees: 0 });
    const fields = 'Share__c, Big__c, PerHead__c, Zero__c, Blank__c, Kind__c, Tomorrow__c';
    expect(await query(`SELECT ${fields} FROM Account WHERE Id = '${id}'`)).toEqual([
      {
        Share__c: 25,
        Big__c: true,
        PerHead__c: 1250,
        Zero__c: 5001,
        Blank__c: 5001,
        Kind__c: 'E!',
        Tomorrow__c: '2026-11-22',
      },
    ]);
    expect(await query(`SELECT ${fields} FROM Account WHERE Id = '${empty}'`)).toEqual([
      {
        Share__c: null,
        Big__c: false,
        PerHead__c: null,
        Zero__c: 1,
        Blank__c: null,
        Kind__c: '?',
        Tomorrow__c: '2026-11-22',
      },
    ]);
  });

  test('reads parents, and formulas of parents, over several levels', async () => {
    const AccountId = await create('Account', { Name: 'Parent', Rate__c: 5 });
    await create('Contact', { LastName: 'Child', AccountId });
    await create('Contact', { LastName: 'Orphan' });
    const found = await query(
      `SELECT LastName, Company__c, AccountShare__c, Short__c, Mine__c, Account.Share__c FROM Contact WHERE LastName IN ('Child', 'Orphan') ORDER BY LastName`,
    );
    expect(found).toEqual([
      {
        LastName: 'Child',
        Company__c: 'PARENT of System Administrator',
        AccountShare__c: 10,
        Short__c: AccountId.slice(0, 15),
        Mine__c: true,
        Account: {
          attributes: expect.anything(),
          Share__c: 10,
        },
      },
      {
        LastName: 'Orphan',
        Company__c: ' of ',
        AccountShare__c: null,
        Short__c: null,
        Mine__c: true,
        Account: null,
      },
    ]);
  });

  test('filters, orders and groups', async () => {
    for (const [Name, AnnualRevenue] of [
      ['g1', 2000],
      ['g2', 500],
      ['g3', 3000],
    ] as const)
      await create('Account', { Name, AnnualRevenue, NumberOfEmployees: 2, Industry: 'Banking' });
    expect(
      await query(
        `SELECT Name FROM Account WHERE Kind__c = 'b' AND Big__c = true ORDER BY PerHead__c DESC`,
      ),
    ).toEqual([{ Name: 'g3' }, { Name: 'g1' }]);
    expect(
      await query(
        `SELECT Big__c, COUNT(Id) n, SUM(PerHead__c) s FROM Account WHERE Kind__c = 'B' AND Name LIKE 'g%' GROUP BY Big__c ORDER BY Big__c`,
      ),
    ).toEqual([
      { Big__c: false, n: 1, s: 250 },
      { Big__c: true, n: 2, s: 2500 },
    ]);
  });

  test('is not written, and its change moves no stamp', async () => {
    const { org, context } = held;
    const AccountId = await create('Account', { Name: 'Before' });
    const id = await create('Contact', { LastName: 'Stamped', AccountId });
    const stamp = `SELECT SystemModstamp, Company__c FROM Contact WHERE Id = '${id}'`;
    const [before] = await query(stamp);
    await org.records.update(context, 'Account', [{ Id: AccountId, Name: 'After' }]);
    expect(await query(stamp)).toEqual([
      { ...before, Company__c: 'AFTER of System Administrator' },
    ]);
    const [refused] = await org.records.update(context, 'Contact', [{ Id: id, Company__c: 'x' }]);
    expect(refused?.errors[0]?.errorCode).toBe('INVALID_FIELD_FOR_INSERT_UPDATE');
  });

  test.each([
    [
      'Account.Bad1__c',
      'Number',
      'Nothing__c + 1',
      'Field Nothing__c does not exist. Check spelling.',
    ],
    ['Account.Bad2__c', 'Number', 'IF(TRUE, 1', "Syntax error. Missing ')'"],
    [
      'Account.Bad3__c',
      'Number',
      'Name',
      'Formula result is data type (Text), incompatible with expected data type (Number).',
    ],
    [
      'Account.Bad4__c',
      'Text',
      'Industry',
      'Field Industry is a picklist field. Picklist fields are only supported in certain functions.',
    ],
    [
      'Account.Bad5__c',
      'Checkbox',
      'ISCHANGED(Name)',
      'Function ISCHANGED may not be used in this type of formula',
    ],
    [
      'Account.Bad6__c',
      'Number',
      'Bad6__c + 1',
      'Formula cannot use another formula field that directly or indirectly refers to itself. Bad6__c',
    ],
    [
      'Account.Bad7__c',
      'Text',
      'Description',
      'You referenced an unsupported field type called "Long Text Area" using the following field: Description',
    ],
  ])('%s is refused when it cannot be', async (name, type, text, words) => {
    const metadata = { label: 'Bad', type, formula: text, precision: 18, scale: 2 };
    await expect(addCustomField(held.org, name, metadata)).rejects.toThrow(words);
  });
});
