import { ApexErrorListener, ApexParserFactory } from '@apexdevtools/apex-parser';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { SalesforceError } from '../../../sandbox/salesforce-error.ts';
import { parseQuery } from '../../../sandbox/soql/parse.ts';
import { printQuery } from './print.ts';
import { statement } from './statements.ts';

const RUNS = 150;

class Counter extends ApexErrorListener {
  errors = 0;

  apexSyntaxError(): void {
    this.errors += 1;
  }
}

/** What the maintained grammar says of a statement. */
function oracleAccepts(text: string): boolean {
  const counter = new Counter();
  const { parser } = ApexParserFactory.createLexerAndParser(`[${text}]`, counter);
  parser.soqlLiteral();
  return counter.errors === 0;
}

function accepts(text: string): boolean {
  try {
    parseQuery(text);
    return true;
  } catch (error) {
    if (error instanceof SalesforceError && error.errorCode === 'MALFORMED_QUERY') return false;
    throw error;
  }
}

/** A tree without the places of its words. */
function withoutPlaces(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, inner: unknown) => (key === 'at' ? undefined : inner)),
  );
}

describe('the grammar', () => {
  test('every statement it can make is read back as it was meant, and the maintained grammar takes it too', () => {
    fc.assert(
      fc.property(statement, (query) => {
        const text = printQuery(query);
        expect(withoutPlaces(parseQuery(text))).toEqual(withoutPlaces(query));
        expect([text, oracleAccepts(text)]).toEqual([text, true]);
      }),
      { numRuns: RUNS },
    );
  });

  test('a statement with one word lost, doubled or exchanged is never taken when the maintained grammar refuses it', () => {
    const damage = fc.record({ at: fc.nat(), how: fc.constantFrom('lose', 'double', 'swap') });
    fc.assert(
      fc.property(statement, damage, (query, { at, how }) => {
        const words = printQuery(query).match(/'(?:\\.|[^'\\])*'|[\w.:+-]+|[<>!]=|\S/g) ?? [];
        const place = at % words.length;
        const word = words[place] ?? '';
        if (how === 'lose') words.splice(place, 1);
        else if (how === 'double') words.splice(place, 0, word);
        else words.splice(place, 2, words[place + 1] ?? '', word);
        const text = words.join(' ');
        // Apex's grammar also lets reserved words be names, so it takes some that Salesforce's API refuses.
        if (accepts(text)) expect([text, oracleAccepts(text)]).toEqual([text, true]);
      }),
      { numRuns: RUNS },
    );
  });

  test.each([
    'SELECT Id FROM Account',
    "select  Id ,Name\nfrom\tAccount\r\nwhere Name = 'x'",
    "SELECT Id FROM Account WHERE Name = 'it\\'s \\\\ \\u00e9'",
    'SELECT Group.Name, Order FROM GroupMember ORDER BY Group.Name ASC NULLS LAST',
    'SELECT COUNT() FROM Contact c, c.Account a WHERE a.Name = null',
    'SELECT TYPEOF What WHEN Account THEN Phone, Name WHEN Opportunity THEN Amount ELSE Name END FROM Event',
    'SELECT FIELDS(ALL) FROM Account LIMIT 200',
    'SELECT Id FROM Account WHERE NOT (a = 1 AND b = 2)',
    'SELECT Id FROM Account WHERE a = 1 AND (b = 2 OR c = 3) AND (NOT d = 4)',
    "SELECT Id FROM Account WHERE msp__c INCLUDES ('a;b', 'c')",
    "SELECT Id FROM Account WHERE DISTANCE(Loc__c, GEOLOCATION(37.5, -122.4), 'mi') < 20",
    'SELECT HOUR_IN_DAY(convertTimezone(CreatedDate)) h, COUNT(Id) FROM Account GROUP BY HOUR_IN_DAY(convertTimezone(CreatedDate))',
    'SELECT FORMAT(convertCurrency(Amount)) f FROM Opportunity',
    'SELECT Id FROM Account WHERE T__c = 12:30:00.000Z AND D = LAST_N_DAYS : 3',
    'SELECT Id FROM Account WITH SECURITY_ENFORCED',
    'SELECT Title FROM KnowledgeArticleVersion WHERE a = 1 WITH DATA CATEGORY Geography__c ABOVE_OR_BELOW europe__c AND Product__c AT all__c',
    'SELECT Id FROM Account FOR VIEW FOR REFERENCE UPDATE TRACKING, VIEWSTAT',
  ])('takes %s', (text) => {
    expect([accepts(text), oracleAccepts(text)]).toEqual([true, true]);
  });

  test.each([
    '',
    'SELECT',
    'SELECT FROM Account',
    'SELECT Id',
    'SELECT Id, FROM Account',
    'SELECT Id Account',
    'SELECT Id FROM Account WHERE a = 1 AND b = 2 OR c = 3',
    'SELECT Id FROM Account WHERE a = 1 AND NOT b = 2',
    'SELECT Id FROM Account WHERE a == 1',
    'SELECT Id FROM Account WHERE a = x',
    'SELECT Id FROM Account WHERE a = 1e3',
    'SELECT Id FROM Account WHERE a IS NULL',
    "SELECT Id FROM Account WHERE a = 'open",
    "SELECT Id FROM Account WHERE a = 'bad \\q escape'",
    'SELECT Id FROM Account WHERE a IN ()',
    'SELECT Id FROM Account GROUP BY Name HAVING',
    'SELECT Id FROM Account HAVING COUNT(Id) > 1',
    'SELECT Id FROM Account LIMIT -1',
    'SELECT Id FROM Account LIMIT 1.5',
    'SELECT Id FROM Account OFFSET 1 LIMIT 1',
    'SELECT Id FROM Account ORDER BY Name LIMIT 1 WHERE a = 1',
    'SELECT * FROM Account',
    'SELECT UPPER(Name) FROM Account',
    'SELECT Id FROM Account; DELETE FROM Account',
    'SELECT Id FROM Account -- comment',
    'SELECT (SELECT Id FROM Contacts OFFSET 1) FROM Account',
    'SELECT TYPEOF What END FROM Event',
  ])('refuses %s', (text) => {
    expect([accepts(text), oracleAccepts(text)]).toEqual([false, false]);
  });

  test('reserved words are no aliases, and a currency literal may have a fraction, though Apex says otherwise', () => {
    expect(accepts('SELECT Id FROM Account WHERE')).toBe(false);
    expect(accepts('SELECT Id FROM Opportunity WHERE Amount > USD5000.50')).toBe(true);
  });

  test('no depth of parentheses exhausts the parser', () => {
    expect(accepts(`SELECT Id FROM Account WHERE ${'('.repeat(99)}a = 1${')'.repeat(99)}`)).toBe(
      true,
    );
    expect(accepts(`SELECT Id FROM Account WHERE ${'('.repeat(40_000)}a = 1`)).toBe(false);
  });
});
