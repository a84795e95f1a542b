import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from '@jest/globals';

import { ENDPOINTS } from '../../../src/api/endpoints.ts';
import { VARIABLES } from '../../../src/config.ts';

const FILE = join(import.meta.dirname, '../../../src/README.md');
const HEAD = '| route | access |\n| --- | --- |';

function routesTable(): string {
  const rows = ENDPOINTS.map(
    ({ method, path, access }) => `| \`${method.toUpperCase()} ${path}\` | ${access} |`,
  );
  return [HEAD, ...rows.toSorted()].join('\n');
}

/** The formatter pads the columns. */
function unpadded(table: string): string {
  return table.trim().replaceAll(/ +\|/g, ' |').replaceAll(/-+/g, '---');
}

test('the platform’s README lists every route with its access', async () => {
  const readme = await readFile(FILE, 'utf8');
  if (process.env['LANDBRIDGE_WRITE_DOCS'] === '1') {
    const start = readme.search(/^\| route +\| access +\|/m);
    await writeFile(FILE, `${readme.slice(0, start)}${routesTable()}\n`);
    return;
  }
  const table = readme.slice(readme.search(/^\| route +\| access +\|/m));
  expect(unpadded(table)).toBe(unpadded(routesTable()));
});

test('the platform’s README lists every setting', async () => {
  const readme = await readFile(FILE, 'utf8');
  const listed = [...readme.matchAll(/^\| `(LANDBRIDGE_\w+)` +\|/gm)].map(([, name]) => name);
  expect(new Set(listed)).toEqual(new Set(VARIABLES));
});
