import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from '@jest/globals';

import { FAULTS as connect } from '../../connect/faults.ts';
import { FAULTS as sandbox } from '../../sandbox/faults.ts';
import { FAULTS as cli } from '../../src/cli/faults.ts';
import { SETTINGS } from '../../src/cli/start-config.ts';
import { FAULTS as platform } from '../../src/faults.ts';
import type { FaultKind } from '../../src/kit/fault.ts';
import { FAULTS as kit } from '../../src/kit/faults.ts';

const root = join(import.meta.dirname, '..', '..');
const readme = await readFile(join(root, 'README.md'), 'utf8');
const plain = unpadded(readme);

/** Tables without the blanks that only line their columns up. */
function unpadded(text: string): string {
  return text.replaceAll(/ +\|/g, ' |').replaceAll(/\| +/g, '| ').replaceAll(/-{3,}/g, '---');
}

function codesTable(): string {
  const parts: readonly (readonly [string, Readonly<Record<string, FaultKind>>])[] = [
    ['npm start', cli],
    ['platform', platform],
    ['Connect', connect],
    ['sandbox org', sandbox],
    ['all', kit],
  ];
  const rows = parts.flatMap(([part, table]) =>
    Object.entries(table)
      .toSorted(([one], [other]) => one.localeCompare(other))
      .map(([code, { status, means }]) => `| \`${code}\` | ${part} | ${status} | ${means} |`),
  );
  return ['| code | part | status | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

describe('the README', () => {
  test('lists every code with its part, status and meaning', async () => {
    const heading = '## Codes\n';
    const expected = codesTable();
    if (process.env['LANDBRIDGE_WRITE_DOCS'] === '1') {
      const start = readme.indexOf('| code', readme.indexOf(heading));
      await writeFile(join(root, 'README.md'), `${readme.slice(0, start)}${expected}\n`);
      return;
    }
    expect(plain.slice(plain.indexOf(heading))).toContain(unpadded(expected));
  });

  test('lists every setting of npm start', () => {
    const listed = [...plain.matchAll(/^\| (`[A-Z_`, ]+`) \|/gm)].flatMap(([, names]) =>
      [...(names ?? '').matchAll(/`([A-Z_]+)`/g)].map(([, name]) => name),
    );
    expect(listed.filter((name) => name?.match(/^(LANDBRIDGE|SF)_/)).toSorted()).toEqual(
      [...SETTINGS].toSorted(),
    );
  });

  test('says of every package what it saves us', async () => {
    const { dependencies }: { dependencies: Record<string, string> } = JSON.parse(
      await readFile(join(root, 'package.json'), 'utf8'),
    );
    const section = readme.slice(
      readme.indexOf('## What each dependency'),
      readme.indexOf('## Codes'),
    );
    const listed = [...section.matchAll(/`([^`]+)`/g)].map(([, name]) => name).toSorted();
    expect(listed).toEqual(Object.keys(dependencies).toSorted());
  });
});
