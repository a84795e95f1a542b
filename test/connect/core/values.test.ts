import { expect, test } from '@jest/globals';
import { canonical, sameValue, toJson } from '../../../connect/core/values.ts';

test.each([
  ['boolean', 't', true, 'true'],
  ['boolean', 'false', false, 'false'],
  ['integer', '12', 12, '12'],
  ['double', '0.30000000000000004', 0.1 + 0.2, '0.30000000000000004'],
  ['double', '100', 100, '100'],
  ['date', '2026-11-21', '2026-11-21', '2026-11-21'],
  ['datetime', '2026-11-21 06:41:31', '2026-11-21T06:41:31.000+0000', '2026-11-21T06:41:31.000Z'],
  ['datetime', '2026-11-21 06:41:31.25', '2026-11-21T06:41:31.250Z', '2026-11-21T06:41:31.250Z'],
  ['time', '06:41:31', '06:41:31.000Z', '06:41:31.000'],
  ['text', ' Ada ', ' Ada ', ' Ada '],
  ['text', null, null, null],
] as const)(
  'a %s has one spelling, from PostgreSQL (%s) and from Salesforce (%s)',
  (kind, sql, json, spelt) => {
    expect(canonical(kind, sql)).toBe(spelt);
    expect(canonical(kind, json)).toBe(spelt);
    expect(canonical(kind, toJson(kind, spelt))).toBe(spelt);
  },
);

test.each([
  ['text', 'Ada ', 'Ada'],
  ['text', '', null],
  ['text', 'a\r\nb', 'a\nb'],
  ['double', '0.30000000000000004', '0.3'],
  ['datetime', '2026-11-21T06:41:31.250Z', '2026-11-21T06:41:31.000Z'],
] as const)('a %s that only Salesforce’s normalisation changed is the same', (kind, a, b) => {
  expect(sameValue(kind, a, b)).toBe(true);
});

test.each([
  ['text', 'Ada', 'ada'],
  ['text', 'Ada', null],
  ['double', '0.3', '0.31'],
  ['boolean', 'false', null],
] as const)('a %s that differs is not the same', (kind, a, b) => {
  expect(sameValue(kind, a, b)).toBe(false);
});
