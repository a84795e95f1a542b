import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { likePattern } from '../../../sandbox/streaming/like-pattern.ts';

/** The same by a regular expression, which may take for ever: for short patterns only. */
function asExpression(pattern: string): RegExp {
  const source = pattern.replace(/\\([^])|([^])/g, (_, escaped?: string, plain?: string) => {
    if (escaped === undefined && plain === '%') return '[^]*';
    if (escaped === undefined && plain === '_') return '[^]';
    return `\\u${(escaped ?? plain ?? '').charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  return new RegExp(`^${source}$`, 'i');
}

describe('a pattern of LIKE', () => {
  test('fits what the regular expression of the same meaning fits', () => {
    const pattern = fc
      .array(fc.constantFrom('%', '_', 'a', 'B', '.', '\\%', '\\_', '\\\\'), { maxLength: 8 })
      .map((signs) => signs.join(''));
    const text = fc
      .array(fc.constantFrom('a', 'b', 'A', '%', '_', '\\', '.', '\n'), { maxLength: 8 })
      .map((letters) => letters.join(''));
    fc.assert(
      fc.property(pattern, text, (given, value) => {
        expect(likePattern(given)(value)).toBe(asExpression(given).test(value));
      }),
      { numRuns: 2_000 },
    );
  });

  test('with hundreds of wildcards is done with a long text at once', () => {
    const started = performance.now();
    expect(likePattern(`${'%a'.repeat(500)}%b`)('a'.repeat(100_000))).toBe(false);
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});
