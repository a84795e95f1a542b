import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { coerce } from '../../../sandbox/records/coerce.ts';
import { SalesforceError } from '../../../sandbox/salesforce-error.ts';
import {
  currency,
  date,
  datetime,
  defineField,
  pick,
  text,
} from '../../../sandbox/schema/define.ts';
import { findId18, recordId } from '../../../sandbox/store/record-id.ts';

const JSON_VALUES = { text: false, truncate: false };
const CELLS = { text: true, truncate: false };

describe('an id', () => {
  test('of any number is found by its 15 characters and by its 18', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 62n ** 9n - 1n }), (number) => {
        const id = recordId('003', number);
        expect(findId18(id)).toBe(id);
        expect(findId18(id.slice(0, 15))).toBe(id);
      }),
    );
  });

  test('grows with its number, in the order of bytes', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 10n ** 15n }),
        fc.bigInt({ min: 1n, max: 10n ** 6n }),
        (number, more) => {
          expect(recordId('001', number) < recordId('001', number + more)).toBe(true);
        },
      ),
    );
  });

  test('with a letter in the wrong case is none', () => {
    expect(findId18('001gL000000001LQAQ')).toBe('001gL000000001LQAQ');
    expect(findId18('001GL000000001LQAQ')).toBeUndefined();
  });
});

describe('a value', () => {
  test('of text is trimmed, and an empty one is null', () => {
    const field = text('Name', 255, 'Name');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 100 }), (given) => {
        const stored = coerce(field, given, JSON_VALUES);
        const expected = given.replaceAll('\0', '').toWellFormed().trim();
        expect(stored).toBe(expected === '' ? null : expected);
        // What was stored once is stored again the same.
        expect(coerce(field, stored, JSON_VALUES)).toBe(stored);
      }),
    );
  });

  test.each([
    [currency('Amount', 'Amount'), '1234.565', 1234.57],
    [currency('Amount', 'Amount'), -1.005, -1.01],
    [currency('Amount', 'Amount'), '3.00E+07', 30_000_000],
    [date('Birthdate', 'Birthdate'), '2024-02-29', '2024-02-29'],
    [datetime('When', 'When'), '2026-11-21T06:41:31.831+0100', '2026-11-21T05:41:31.000Z'],
    [datetime('When', 'When'), '2026-11-21T06:41:31Z', '2026-11-21T06:41:31.000Z'],
    [pick('Kind', 'Kind', ['Hot', 'Cold']), 'hot', 'Hot'],
    [pick('Kind', 'Kind', ['Hot', 'Cold']), 'Tepid', 'Tepid'],
    [
      defineField('Many', 'multipicklist', 'Many', { length: 100, values: ['A', 'B', 'C'] }),
      'C;a;C',
      'A;C',
    ],
    [defineField('At', 'time', 'At'), '12:30:00.5Z', '12:30:00.500'],
  ])('%# of %p is stored as Salesforce stores it', (field, given, stored) => {
    expect(coerce(field, given, JSON_VALUES)).toBe(stored);
  });

  test.each([
    [date('Birthdate', 'Birthdate'), '2023-02-29', 'JSON_PARSER_ERROR'],
    [currency('Amount', 'Amount'), '1e16', 'NUMBER_OUTSIDE_VALID_RANGE'],
    [
      pick('Kind', 'Kind', ['Hot'], { restrictedPicklist: true }),
      'Cold',
      'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST',
    ],
    [text('Name', 3, 'Name'), 'long', 'STRING_TOO_LONG'],
  ])('%# of %p is refused', (field, given, errorCode) => {
    expect(() => coerce(field, given, JSON_VALUES)).toThrow(expect.objectContaining({ errorCode }));
  });

  test('that is no date refuses a JSON request, and of a file only its row', () => {
    const refusal = (options: typeof CELLS): unknown => {
      try {
        return coerce(date('Birthdate', 'Birthdate'), 'soon', options);
      } catch (error) {
        return error instanceof SalesforceError ? error.ofRecord : error;
      }
    };
    expect(refusal(JSON_VALUES)).toBe(false);
    expect(refusal(CELLS)).toBe(true);
  });
});
