import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from '@jest/globals';

import { FLOWS } from '../../../sandbox/oauth/endpoints/token.ts';

test('the document names every grant type, and no other', async () => {
  const text = await readFile(
    join(import.meta.dirname, '../../../sandbox/oauth/README.md'),
    'utf8',
  );
  const table = text.slice(text.indexOf('| `grant_type`'));
  const named = [...table.matchAll(/^\| `([a-z_:0-9-]+)` +\|/gm)].flatMap(([, name]) =>
    name === undefined || name === 'grant_type' ? [] : [name],
  );
  expect(named.toSorted()).toEqual([...FLOWS.keys()].toSorted());
});
