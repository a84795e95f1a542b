import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';

import { recordId } from '../../../sandbox/store/record-id.ts';
import { createOrgRows, type OrgRows } from './org-rows.ts';

const RUNS = 300;

/** What a row holds, as the reference below understands it. */
interface Row {
  readonly Id: string;
  readonly FirstName: string | null;
  readonly Title: string | null;
  readonly Birthdate: string | null;
  readonly EmailBouncedDate: string | null;
  readonly IsEmailBounced: boolean;
  readonly AccountId: string | null;
  /** Of the account. */
  readonly Name: string | null;
  readonly AnnualRevenue: number | null;
  readonly NumberOfEmployees: number | null;
}

const ACCOUNTS = [
  { Id: recordId('001', 1n), Name: 'Alpha', AnnualRevenue: 10.5, NumberOfEmployees: 3 },
  { Id: recordId('001', 2n), Name: 'beta', AnnualRevenue: null, NumberOfEmployees: 0 },
  { Id: recordId('001', 3n), Name: 'ALPHABET', AnnualRevenue: -2, NumberOfEmployees: null },
];
const TEXTS = [null, 'a', 'A', 'ab', 'a_b', '50%', 'Ünï'];
const DATES = [null, '2026-01-01', '2026-11-21', '2026-11-22'];
const MOMENTS = [
  null,
  '2026-11-20T23:59:59.000Z',
  '2026-11-21T00:00:00.000Z',
  '2026-11-21T23:59:59.000Z',
];
const ROWS: readonly Row[] = Array.from({ length: 84 }, (_, at) => {
  const account = [undefined, ...ACCOUNTS][at % 4];
  return {
    Id: recordId('003', BigInt(at + 1)),
    FirstName: TEXTS[at % TEXTS.length] ?? null,
    Title: TEXTS[(at * 3 + 1) % TEXTS.length] ?? null,
    Birthdate: DATES[(at >> 1) % DATES.length] ?? null,
    EmailBouncedDate: MOMENTS[(at >> 2) % MOMENTS.length] ?? null,
    IsEmailBounced: at % 3 === 0,
    AccountId: account?.Id ?? null,
    Name: account?.Name ?? null,
    AnnualRevenue: account?.AnnualRevenue ?? null,
    NumberOfEmployees: account?.NumberOfEmployees ?? null,
  };
});

let org: OrgRows;

beforeAll(async () => {
  org = await createOrgRows();
  await org.insert('Account', ACCOUNTS);
  await org.insert(
    'Contact',
    ROWS.map((row) => ({
      LastName: 'x',
      Id: row.Id,
      FirstName: row.FirstName,
      Title: row.Title,
      Birthdate: row.Birthdate,
      EmailBouncedDate: row.EmailBouncedDate,
      IsEmailBounced: row.IsEmailBounced,
      AccountId: row.AccountId,
    })),
  );
});

afterAll(async () => {
  await org[Symbol.asyncDispose]();
});

/** A condition: its words, and whether it is true of a row by Salesforce's rules, in two values. */
interface Meant {
  readonly text: string;
  readonly holds: (row: Row) => boolean;
}

type Comparable = string | number;

function compared(
  path: string,
  value: (row: Row) => Comparable | null,
  literal: fc.Arbitrary<{ text: string; value: Comparable }>,
): fc.Arbitrary<Meant> {
  const operator = fc.constantFrom('=', '!=', '<', '<=', '>', '>=');
  return fc.tuple(operator, literal).map(([symbol, right]) => ({
    text: `${path} ${symbol} ${right.text}`,
    holds: (row) => {
      const left = value(row);
      if (left === null) return symbol === '!=';
      if (symbol === '=') return left === right.value;
      if (symbol === '!=') return left !== right.value;
      if (symbol === '<') return left < right.value;
      if (symbol === '<=') return left <= right.value;
      if (symbol === '>') return left > right.value;
      return left >= right.value;
    },
  }));
}

const folded = (text: string | null): string | null => text?.toLowerCase() ?? null;
const words = fc
  .constantFrom('a', 'A', 'AB', 'a_b', '50%', 'zz')
  .map((text) => ({ text: `'${text}'`, value: text.toLowerCase() }));
const numbers = fc
  .constantFrom('10.5', '-2', '0', '3', '2.5')
  .map((text) => ({ text, value: Number(text) }));
const days = fc
  .constantFrom('2026-01-01', '2026-11-21', '2027-01-01')
  .map((text) => ({ text, value: text }));
const moments = fc
  .constantFrom('2026-11-21T00:00:00Z', '2026-11-21T01:00:00+01:00', '2026-11-21T23:59:59Z')
  .map((text) => ({ text, value: new Date(text).toISOString() }));

function nullness(path: string, value: (row: Row) => unknown): fc.Arbitrary<Meant> {
  return fc.boolean().map((isNull) => ({
    text: `${path} ${isNull ? '=' : '!='} null`,
    holds: (row) => (value(row) === null) === isNull,
  }));
}

const like: fc.Arbitrary<Meant> = fc
  .tuple(
    fc.constantFrom('FirstName' as const, 'Title' as const),
    fc.constantFrom(
      ['a%', /^a/i],
      ['_', /^.$/],
      ['a\\_b', /^a_b$/i],
      ['%\\%', /%$/],
      ['%N%', /n/i],
    ),
  )
  .map(([field, [pattern, shape]]) => ({
    text: `${field} LIKE '${pattern}'`,
    holds: (row) => row[field] !== null && new RegExp(shape).test(row[field]),
  }));

const membership: fc.Arbitrary<Meant> = fc
  .tuple(
    fc.constantFrom('FirstName' as const, 'Title' as const),
    fc.boolean(),
    fc.uniqueArray(fc.constantFrom('A', 'ab', 'zz', null), { minLength: 1 }),
  )
  .map(([field, negated, values]) => ({
    text: `${field} ${negated ? 'NOT IN' : 'IN'} (${values.map((value) => (value === null ? 'null' : `'${value}'`)).join(', ')})`,
    holds: (row) => values.some((value) => folded(value) === folded(row[field])) !== negated,
  }));

const periods: fc.Arbitrary<Meant> = fc
  .tuple(
    fc.constantFrom('=', '!=', '<', '>=', '<=', '>'),
    fc.constantFrom(
      ['TODAY', '2026-11-21', '2026-11-22'],
      ['YESTERDAY', '2026-11-20', '2026-11-21'],
      ['THIS_YEAR', '2026-01-01', '2027-01-01'],
    ),
    fc.boolean(),
  )
  .map(([symbol, [name = '', start = '', end = ''], moment]) => ({
    text: `${moment ? 'EmailBouncedDate' : 'Birthdate'} ${symbol} ${name}`,
    holds: (row) => {
      const left = moment ? row.EmailBouncedDate : row.Birthdate;
      if (left === null) return symbol === '!=';
      const inside = left >= start && left < end;
      if (symbol === '=') return inside;
      if (symbol === '!=') return !inside;
      if (symbol === '<') return left < start;
      if (symbol === '<=') return left < end;
      if (symbol === '>') return left >= end;
      return left >= start;
    },
  }));

const booleans: fc.Arbitrary<Meant> = fc
  .tuple(fc.constantFrom('=', '!='), fc.boolean())
  .map(([symbol, value]) => ({
    text: `IsEmailBounced ${symbol} ${value}`,
    holds: (row) => (row.IsEmailBounced === value) === (symbol === '='),
  }));

const semiJoin: fc.Arbitrary<Meant> = fc.boolean().map((negated) => ({
  text: `AccountId ${negated ? 'NOT IN' : 'IN'} (SELECT Id FROM Account WHERE Name LIKE 'alpha%')`,
  holds: (row) => /^alpha/i.test(row.Name ?? '') !== negated,
}));

const leaf = fc.oneof(
  compared('FirstName', (row) => folded(row.FirstName), words),
  compared('Account.Name', (row) => folded(row.Name), words),
  compared('Account.AnnualRevenue', (row) => row.AnnualRevenue, numbers),
  compared('Account.NumberOfEmployees', (row) => row.NumberOfEmployees, numbers),
  compared('Birthdate', (row) => row.Birthdate, days),
  compared('EmailBouncedDate', (row) => row.EmailBouncedDate, moments),
  nullness('Title', (row) => row.Title),
  nullness('Account.AnnualRevenue', (row) => row.AnnualRevenue),
  like,
  membership,
  periods,
  booleans,
);

const condition = fc.letrec<{ any: Meant }>((tie) => ({
  any: fc.oneof(
    { depthSize: 'small' },
    leaf,
    fc
      .tuple(fc.constantFrom('AND', 'OR'), fc.array(tie('any'), { minLength: 2, maxLength: 3 }))
      .map(([word, terms]): Meant => ({
        text: terms.map(({ text }) => `(${text})`).join(` ${word} `),
        holds: (row) =>
          word === 'AND'
            ? terms.every(({ holds }) => holds(row))
            : terms.some(({ holds }) => holds(row)),
      })),
    tie('any').map((term): Meant => ({
      text: `NOT (${term.text})`,
      holds: (row) => !term.holds(row),
    })),
  ),
})).any;

test('a query finds the rows its condition is true of: null is less than, greater than and like nothing, and other than everything', async () => {
  const Ids = z.array(z.object({ Id: z.string() }));
  await fc.assert(
    fc.asyncProperty(condition, fc.option(semiJoin, { nil: undefined }), async (meant, semi) => {
      const where = semi === undefined ? meant.text : `${semi.text} AND (${meant.text})`;
      const expected = ROWS.filter(
        (row) => meant.holds(row) && (semi === undefined || semi.holds(row)),
      );
      const found = Ids.parse(
        await org.records(`SELECT Id FROM Contact WHERE ${where} ORDER BY Id`),
      );
      expect([where, found.map(({ Id }) => Id)]).toEqual([where, expected.map(({ Id }) => Id)]);
    }),
    { numRuns: RUNS },
  );
}, 60_000);
