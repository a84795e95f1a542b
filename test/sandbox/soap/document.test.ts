import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from '@jest/globals';

import { OPERATIONS } from '../../../sandbox/soap/router.ts';

test('the document names every SOAP operation, and no other', async () => {
  const text = await readFile(join(import.meta.dirname, '../../../sandbox/soap/README.md'), 'utf8');
  const named = [...text.matchAll(/^\| ([a-z]\w+) +\|/gm)].flatMap(([, name]) =>
    name === undefined || name === 'operation' ? [] : [name],
  );
  expect(named.toSorted()).toEqual([...OPERATIONS.keys()].toSorted());
});
