import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { parseRange, takePage, type Range } from '../../../src/core/range.ts';

const BOUNDS = { properties: ['version', 'id'], pageSize: 200, pageSizeMax: 1_000 } as const;

function parse(header: string | undefined): Range | undefined {
  return parseRange(header, { ...BOUNDS, properties: ['version', 'id'] });
}

describe('a Range header', () => {
  test.each([
    [undefined, { property: 'version', max: 200, order: 'asc' }],
    ['', { property: 'version', max: 200, order: 'asc' }],
    ['version ..; max=15, order=desc', { property: 'version', max: 15, order: 'desc' }],
    ['version ..; order=desc,max=1', { property: 'version', max: 1, order: 'desc' }],
    ['id ..; max=1000;', { property: 'id', max: 1_000, order: 'asc' }],
    ['version 3..9', { start: '3', end: '9', afterStart: false }],
    ['version ]3..; max=5000', { start: '3', end: undefined, afterStart: true, max: 1_000 }],
    ['id 01-a.b..; max=2', { property: 'id', start: '01-a.b', max: 2 }],
  ])('%j is read as the command line means it', (header, range) => {
    expect(parse(header)).toMatchObject(range);
  });

  test.each([
    'name ..',
    'version ..; max=0',
    'version ..; max=x',
    'version ..; order=up',
    '..',
    ';;',
  ])('%j is refused', (header) => {
    expect(parse(header)).toBeUndefined();
  });
});

test('following Next-Range gives every item once, in order, whatever the page size', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: 1, max: 500 }), { maxLength: 60 }),
      fc.integer({ min: 1, max: 20 }),
      fc.constantFrom('asc' as const, 'desc' as const),
      (versions, max, order) => {
        const seen: number[] = [];
        let header: string | undefined = `version ..; max=${max}, order=${order}`;
        for (let turn = 0; header !== undefined && turn <= versions.length; turn += 1) {
          const range = parse(header);
          if (range === undefined) throw new Error(`refused: ${header}`);
          const page = takePage(versions, range, (version) => version);
          seen.push(...page.items);
          header = page.next;
        }
        const sorted = versions.toSorted((a, b) => (order === 'asc' ? a - b : b - a));
        expect(seen).toEqual(sorted);
      },
    ),
  );
});
