import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';

import { compileFormula } from '../../../sandbox/formula/compile.ts';
import { ofRow } from '../../../sandbox/formula/template.ts';
import { defineField, defineObject, id } from '../../../sandbox/schema/define.ts';
import { Schema } from '../../../sandbox/schema/schema.ts';
import { openTestOrg, type TestOrg } from '../support/open-test-org.ts';
import {
  arbitraryValues,
  boolean,
  ERROR,
  number,
  texts,
  type Answer,
  type Meant,
  type Values,
} from './random-formula.ts';

let held: TestOrg;
beforeAll(async () => {
  held = await openTestOrg();
});
afterAll(async () => held[Symbol.asyncDispose]());

const OBJECT = defineObject({
  name: 'Thing__c',
  label: 'Thing',
  labelPlural: 'Things',
  keyPrefix: 'a00',
  fields: [
    id('Thing ID'),
    defineField('a__c', 'double', 'A', { precision: 18, scale: 2 }),
    defineField('b__c', 'double', 'B', { precision: 18, scale: 2 }),
    defineField('t__c', 'string', 'T', { length: 80 }),
    defineField('u__c', 'string', 'U', { length: 80 }),
    defineField('f__c', 'boolean', 'F'),
  ],
});
const SCHEMA = new Schema([OBJECT]);

const Row = z.tuple([z.object({ fault: z.boolean(), value: z.json() })]);

async function computed(text: string, { a, b, t, u, f }: Values): Promise<unknown> {
  const { value } = compileFormula(text, {
    schema: SCHEMA,
    object: OBJECT,
    place: 'field',
    blanksAreZero: false,
  });
  const from = `(select $1::float8 as a__c, $2::float8 as b__c, $3::text as t__c, $4::text as u__c, $5::boolean as f__c) as thing`;
  const sql = `select coalesce(${value.fault ?? 'false'}, false) as fault, to_jsonb(${value.sql}) as value from ${from}`;
  const { rows } = await held.org.pool.query(ofRow(sql, 'thing'), [a, b, t, u, f]);
  const [row] = Row.parse(rows);
  return row.fault ? ERROR : row.value;
}

/** Blank text is '' or null, which are one; fractions are as exact as their digits. */
function isSame(kind: string, meant: Answer, found: unknown): boolean {
  if (typeof meant === 'number' && typeof found === 'number')
    return Math.abs(meant - found) <= 1e-9 * Math.max(1, Math.abs(meant));
  if (kind === 'text') return (meant ?? '') === (found ?? '');
  return meant === found;
}

describe('A formula made at random answers what an evaluator of its own says', () => {
  test.each<[string, fc.Arbitrary<Meant>]>([
    ['number', number],
    ['text', texts],
    ['boolean', boolean],
  ])('of %s', async (kind, formulas) => {
    await fc.assert(
      fc.asyncProperty(formulas, arbitraryValues, async (formula, values) => {
        fc.pre(formula.text.length < 2_000);
        const found = await computed(formula.text, values);
        const meant = formula.answer(values);
        if (!isSame(kind, meant, found))
          expect({ formula: formula.text, found }).toEqual({ formula: formula.text, found: meant });
      }),
      { numRuns: 400 },
    );
  });
});
