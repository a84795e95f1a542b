import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from '@jest/globals';
import prettier from 'prettier';

import { ENDPOINTS } from '../../connect/api/endpoints.ts';
import { FAULTS } from '../../connect/faults.ts';

const FILE = join(import.meta.dirname, '..', '..', 'connect', 'README.md');
const readme = await readFile(FILE, 'utf8');

test('the README lists every route, and no other', () => {
  const listed = [...readme.matchAll(/^\| `((?:GET|POST|PUT|PATCH|DELETE) \/[^`]*)`/gm)].map(
    ([, route]) => route,
  );
  const served = ENDPOINTS.map(({ method, path }) => `${method.toUpperCase()} ${path}`);
  expect(listed).toEqual(served);
});

test('the README lists every setting that is read', async () => {
  const config = await readFile(join(FILE, '..', 'config.ts'), 'utf8');
  const read = [...config.matchAll(/^ {2}((?:LANDBRIDGE|SF)_\w+):/gm)].map(([, name]) => name);
  const listed = [...readme.matchAll(/^\| `((?:LANDBRIDGE|SF)_\w+)`/gm)].map(([, name]) => name);
  expect(listed).toEqual(read);
  expect(read.length).toBeGreaterThan(10);
});

test('the README lists every code with its status and meaning', async () => {
  const at = readme.indexOf('| code');
  const rows = Object.entries(FAULTS)
    .toSorted(([one], [other]) => one.localeCompare(other))
    .map(([code, { status, means }]) => `| \`${code}\` | ${status} | ${means} |`);
  const table = ['| code | status | meaning |', '| --- | --- | --- |', ...rows, ''].join('\n');
  const expected = await prettier.format(table, { parser: 'markdown', printWidth: 100 });
  if (process.env['LANDBRIDGE_WRITE_DOCS'] === '1') {
    await writeFile(FILE, readme.slice(0, at) + expected);
    return;
  }
  expect(readme.slice(at)).toBe(expected);
});
