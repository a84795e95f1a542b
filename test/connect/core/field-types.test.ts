import { readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';

import { describe, expect, test } from '@jest/globals';

import { FieldDescribe, ObjectDescribe } from '../../../connect/core/describe.ts';
import { columnType } from '../../../connect/core/field-types.ts';

function typeOf(type: string, length = 0, more: Readonly<Record<string, unknown>> = {}): string {
  const typed = columnType(FieldDescribe.parse({ name: 'F__c', type, length, ...more }));
  return typed.mappable ? typed.type : `refused: ${typed.why}`;
}

describe('the type of a column', () => {
  test.each([
    ['id', 18, 'character varying(18)'],
    ['reference', 18, 'character varying(18)'],
    ['string', 121, 'character varying(121)'],
    ['string', 1300, 'character varying(1300)'],
    ['picklist', 40, 'character varying(255)'],
    ['combobox', 255, 'character varying(255)'],
    ['multipicklist', 4099, 'character varying(4099)'],
    ['textarea', 255, 'character varying(255)'],
    ['textarea', 4000, 'character varying(4000)'],
    ['textarea', 32_000, 'text'],
    ['textarea', 131_072, 'text'],
    ['email', 80, 'character varying(80)'],
    ['phone', 40, 'character varying(40)'],
    ['url', 255, 'character varying(255)'],
    ['encryptedstring', 100, 'character varying(100)'],
    ['boolean', 0, 'boolean'],
    ['int', 0, 'integer'],
    ['double', 0, 'double precision'],
    ['currency', 0, 'double precision'],
    ['percent', 0, 'double precision'],
    ['date', 0, 'date'],
    ['datetime', 0, 'timestamp without time zone'],
    ['time', 0, 'time without time zone'],
    ['anyType', 0, 'text'],
  ])('of a Salesforce %s of length %i is %s', (type, length, expected) => {
    expect(typeOf(type, length)).toBe(expected);
  });

  test('of a picklist is 40 characters on connections made long ago, and 3 for a currency code', () => {
    const picklist = FieldDescribe.parse({ name: 'Rating', type: 'picklist', length: 40 });
    expect(columnType(picklist, { picklistLength: 40 })).toEqual({
      mappable: true,
      type: 'character varying(40)',
    });
    expect(
      columnType(FieldDescribe.parse({ name: 'CurrencyIsoCode', type: 'picklist', length: 255 })),
    ).toEqual({
      mappable: true,
      type: 'character varying(3)',
    });
  });

  test.each(['address', 'location', 'base64', 'complexvalue'])('%s cannot be mapped', (type) => {
    expect(typeOf(type)).toMatch(/^refused: F__c /);
  });
});

const RECORDED = new URL('../../../../shared/data/describes/', import.meta.url);
const recorded = existsSync(RECORDED) ? test : test.skip;

recorded.each(['Account', 'Case', 'Contact', 'Event', 'Lead', 'OpportunityContactRole'])(
  'every field of a recorded describe of %s has a type, but for compound ones',
  async (name) => {
    const object = ObjectDescribe.parse(
      JSON.parse(await readFile(new URL(`${name}.json`, RECORDED), 'utf8')),
    );
    const refused = object.fields.filter((field) => !columnType(field).mappable);
    expect(refused.every(({ type }) => type === 'address')).toBe(true);
    expect(object.fields.length).toBeGreaterThan(refused.length);
  },
);
