import { createHash } from 'node:crypto';

import { structuredPatch } from 'diff';

import { DIFF_CHARS_MIN, DIFF_LENGTH_SHARE_MAX, DIFF_LINES_SHARE_MAX } from './limits.ts';

/**
 * A long text's change as a unified diff without context, headed by the new text's SHA-256; undefined where Salesforce
 * sends the whole text: when it is short, when much has changed, and when the diff would be longer.
 */
export function textDifference(before: string, after: string): string | undefined {
  if (after.length < DIFF_CHARS_MIN) return undefined;
  if (Math.abs(after.length - before.length) > after.length * DIFF_LENGTH_SHARE_MAX)
    return undefined;
  const { hunks } = structuredPatch('', '', before, after, undefined, undefined, { context: 0 });
  const changed = hunks.flatMap(({ lines }) => lines.filter((line) => /^[-+]/.test(line)));
  const all = before.split('\n').length + after.split('\n').length;
  if (changed.length > all * DIFF_LINES_SHARE_MAX) return undefined;
  const hash = createHash('sha256').update(after).digest('hex');
  const parts = hunks.map(
    ({ oldStart, oldLines, newStart, newLines, lines }) =>
      `@@ -${oldStart},${oldLines} +${newStart},${newLines} @@\n${lines.join('\n')}`,
  );
  const difference = [`--- \n+++ ${hash}`, ...parts].join('\n');
  return difference.length > after.length ? undefined : difference;
}
