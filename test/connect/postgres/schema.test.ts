import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from '@jest/globals';

import { migrate } from '../../../src/kit/migrate.ts';
import { createTestDatabase } from '../../support/database.ts';
import { dumpSchema } from '../../support/dump-schema.ts';

const FOLDER = join(import.meta.dirname, '../../../migrations/connect');

test('schema.sql is what the migrations make', async () => {
  await using database = await createTestDatabase();
  await migrate(database.url, FOLDER);
  const dump = await dumpSchema(database.url);
  const file = join(FOLDER, 'schema.sql');
  if (process.env['LANDBRIDGE_WRITE_DOCS'] === '1') await writeFile(file, dump);
  expect(await readFile(file, 'utf8')).toBe(dump);
});
