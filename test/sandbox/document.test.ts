import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from '@jest/globals';

import { Environment } from '../../sandbox/config.ts';
import { FAULTS } from '../../sandbox/faults.ts';
import { defaultSettings } from '../../sandbox/settings.ts';

const DOCUMENT = join(import.meta.dirname, '../../sandbox/README.md');

/** The first cells of a table's rows that are code. */
async function firstCells(pattern: RegExp): Promise<readonly string[]> {
  const text = await readFile(DOCUMENT, 'utf8');
  return [...text.matchAll(pattern)].flatMap(([, cell]) => cell ?? []);
}

test('the document names every variable the org reads, and no other', async () => {
  const named = await firstCells(/^\| `(LANDBRIDGE_[A-Z_]+)`/gm);
  expect(named.toSorted()).toEqual(Object.keys(Environment.shape).toSorted());
});

test('the document says what every fault means, in the words of the catalogue', async () => {
  const text = await readFile(DOCUMENT, 'utf8');
  for (const [code, { means }] of Object.entries(FAULTS)) {
    const row = text.split('\n').find((line) => line.startsWith(`| \`${code}\``));
    expect(row?.split('|')[2]?.trim()).toBe(means);
  }
});

test('the document lists every setting of the admin API with its default', async () => {
  const text = await readFile(DOCUMENT, 'utf8');
  const listed = [...text.matchAll(/^\| `([a-z]\w+)` +\| ([\w, ]+?) +\|/gm)].map(
    ([, name, value]) => [name, value],
  );
  const number = (value: number): string => value.toLocaleString('en-US');
  expect(listed).toEqual(
    expect.arrayContaining(
      Object.entries(defaultSettings()).map(([name, value]) => [
        name,
        typeof value === 'object'
          ? `${number(value.minMs)} to ${number(value.maxMs)}`
          : typeof value === 'number'
            ? number(value)
            : value,
      ]),
    ),
  );
});
