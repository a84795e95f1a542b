import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { SalesforceError } from '../../../sandbox/salesforce-error.ts';
import { createOrgRows, type OrgRows } from './org-rows.ts';

let org: OrgRows;

beforeAll(async () => {
  org = await createOrgRows();
});

afterAll(async () => {
  await org[Symbol.asyncDispose]();
});

function refusal(text: string): string {
  try {
    org.compile(text);
  } catch (error) {
    if (error instanceof SalesforceError)
      return `${error.status} ${error.errorCode}: ${error.message}`;
    throw error;
  }
  return 'accepted';
}

const APPEND =
  "If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate names.";

describe('a refusal', () => {
  test('shows the place, its row and its column', () => {
    expect(refusal('SELECT x FROM Account')).toBe(
      `400 INVALID_FIELD: \nSELECT x FROM Account\n       ^\nERROR at Row:1:Column:8\nNo such column 'x' on entity 'Account'. ${APPEND}`,
    );
    expect(refusal("SELECT Id,\n  Name\nFROM Account\nWHERE Nme = 'a'")).toBe(
      `400 INVALID_FIELD: \nWHERE Nme = 'a'\n      ^\nERROR at Row:4:Column:7\nNo such column 'Nme' on entity 'Account'. ${APPEND}`,
    );
    expect(refusal('SELECT Id FROM Account WHERE Name LIKE 1 AND')).toMatch(
      /\^\nERROR at Row:1:Column:45\nunexpected token: '<EOF>'$/,
    );
  });

  test('of a long statement shows only the words around the place', () => {
    const fields = Array.from({ length: 60 }, () => 'BillingPostalCode').join(', ');
    const [, excerpt = '', caret = ''] = refusal(
      `SELECT ${fields}, Nope, ${fields} FROM Account`,
    ).split('\n');
    expect(excerpt.length).toBeLessThan(120);
    expect(excerpt.slice(caret.indexOf('^')).startsWith('BillingPostalCode')).toBe(true);
  });
});

describe('each mistake has its code and words', () => {
  test.each([
    [
      'SELECT Id FROM Acount',
      /^400 INVALID_TYPE: [^]*Row:1:Column:16\nsObject type 'Acount' is not supported\. If you are attempting to use a custom object/,
    ],
    [
      'SELECT Acct.Name FROM Contact',
      /^400 INVALID_FIELD: [^]*Didn't understand relationship 'Acct' in field path\./,
    ],
    [
      'SELECT Id, (SELECT Id FROM Contact) FROM Account',
      /^400 INVALID_TYPE: [^]*Didn't understand relationship 'Contact' in FROM part of query call\./,
    ],
    ['SELECT Id, id FROM Account', /^400 INVALID_FIELD: [^]*duplicate field selected: Id$/],
    [
      "SELECT Id FROM Account WHERE IsDeleted = 'false'",
      /^400 INVALID_FIELD: [^]*value of filter criterion for field 'IsDeleted' must be of type boolean and should not be enclosed in quotes$/,
    ],
    [
      'SELECT Id FROM Account WHERE Name = 5',
      /^400 INVALID_FIELD: [^]*field 'Name' must be of type string and should be enclosed in quotes$/,
    ],
    [
      "SELECT Id FROM Account WHERE CreatedDate > '2026-01-01'",
      /^400 INVALID_FIELD: [^]*must be of type dateTime and should not be enclosed in quotes$/,
    ],
    [
      'SELECT Id FROM Account WHERE CreatedDate > 2026-01-01',
      /^400 INVALID_FIELD: [^]*must be of type dateTime and should not be enclosed in quotes$/,
    ],
    [
      "SELECT Id FROM Account WHERE NumberOfEmployees = '5'",
      /^400 INVALID_FIELD: [^]*must be of type int and should not be enclosed in quotes$/,
    ],
    [
      "SELECT Id FROM Account WHERE Id = 'nope'",
      /^400 INVALID_QUERY_FILTER_OPERATOR: [^]*invalid ID field: nope$/,
    ],
    [
      "SELECT Id FROM Account WHERE Id LIKE '001%'",
      /^400 INVALID_QUERY_FILTER_OPERATOR: [^]*invalid operator on id field$/,
    ],
    ["SELECT Id FROM Account WHERE Name INCLUDES ('a')", /^400 INVALID_QUERY_FILTER_OPERATOR: /],
    [
      "SELECT Id FROM Account WHERE Description = 'a'",
      /^400 INVALID_FIELD: [^]*field 'Description' can not be filtered in a query call$/,
    ],
    [
      'SELECT Id FROM Account ORDER BY Description',
      /^400 MALFORMED_QUERY: [^]*field 'Description' can not be sorted in a query call$/,
    ],
    [
      'SELECT Description, COUNT(Id) FROM Account GROUP BY Description',
      /^400 MALFORMED_QUERY: [^]*field 'Description' can not be grouped in a query call$/,
    ],
    [
      'SELECT Name, COUNT(Id) FROM Account',
      /^400 MALFORMED_QUERY: [^]*Field must be grouped or aggregated: Name$/,
    ],
    [
      'SELECT SUM(Name) FROM Account',
      /^400 MALFORMED_QUERY: [^]*field Name does not support aggregate operator SUM$/,
    ],
    ['SELECT COUNT(Id) FROM Account LIMIT 3', /^400 MALFORMED_QUERY: [^]*cannot also use LIMIT$/],
    [
      'SELECT Name n FROM Account',
      /^400 MALFORMED_QUERY: [^]*only aggregate expressions use field aliasing$/,
    ],
    [
      'SELECT FIELDS(ALL) FROM Account',
      /^400 MALFORMED_QUERY: [^]*The SOQL FIELDS function must have a LIMIT of at most 200$/,
    ],
    [
      'SELECT Id FROM Account LIMIT 1 OFFSET 2001',
      /^400 NUMBER_OUTSIDE_VALID_RANGE: [^]*Maximum SOQL offset allowed is 2000$/,
    ],
    [
      'SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact) OR Name = null',
      /^400 MALFORMED_QUERY: [^]*Semi join sub-selects are not allowed with the 'OR' operator$/,
    ],
    [
      'SELECT Id FROM Account WHERE Id IN (SELECT Id FROM Account)',
      /^400 MALFORMED_QUERY: [^]*The inner and outer selects should not be on the same object type$/,
    ],
    ['SELECT Id FROM Account WHERE Id IN (SELECT LastName FROM Contact)', /^400 MALFORMED_QUERY: /],
    ['SELECT Id FROM Account WHERE CreatedDate = 2026-02-30T00:00:00Z', /^400 MALFORMED_QUERY: /],
    [
      `SELECT Id FROM Account WHERE Name = '${'x'.repeat(4_001)}'`,
      /^400 MALFORMED_QUERY: [^]*cannot be longer than 4000 characters$/,
    ],
    [
      `SELECT Id FROM Account WHERE Name = '${'x'.repeat(100_000)}'`,
      /^400 MALFORMED_QUERY: [^]*SOQL statements cannot be longer than 100000 characters\.$/,
    ],
    [
      'SELECT Account.Owner.Manager.Manager.Manager.Manager.Name FROM Contact',
      /^400 MALFORMED_QUERY: [^]*maximum 5 levels/,
    ],
    ['SELECT Id FROM Account ALL ROWS', /^400 MALFORMED_QUERY: [^]*ALL ROWS not allowed/],
    ['SELECT Id FROM Account FOR UPDATE', /^400 MALFORMED_QUERY: [^]*FOR UPDATE not allowed/],
    [
      'SELECT Id FROM Account WHERE Name = :x',
      /^400 MALFORMED_QUERY: [^]*Bind variables only allowed in Apex code$/,
    ],
    [
      'SELECT Name FROM Name',
      /^400 INVALID_TYPE_FOR_OPERATION: [^]*entity type Name does not support query$/,
    ],
  ])('%s', (text, expected) => {
    expect(refusal(text)).toMatch(expected);
  });
});
