import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from '@jest/globals';

import * as refusals from '../../../sandbox/streaming/refusal.ts';
import { invalidReplayId } from '../../../sandbox/streaming/replay.ts';

test('the document has every error that CometD clients are told', async () => {
  const text = await readFile(
    join(import.meta.dirname, '../../../sandbox/streaming/README.md'),
    'utf8',
  );
  const fixed = Object.values(refusals).flatMap((value) =>
    typeof value === 'object' ? [value.error] : [],
  );
  expect(fixed.length).toBeGreaterThan(5);
  const made = [
    refusals.cookieMissing('…', 'BAYEUX_BROWSER').error,
    refusals.channelMissing('…').error,
    invalidReplayId('N'),
  ];
  for (const error of [...fixed, ...made]) expect(text).toContain(`\`${error}\``);
});
