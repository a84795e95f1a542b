import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';

import { migrate, migrateDown } from '../../src/kit/migrate.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let folder = '';
let database: TestDatabase;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'landbridge-migrations-'));
  database = await createTestDatabase();
  await writeFile(
    join(folder, '0001_things.up.sql'),
    `create table things (id integer, note text default 'why? not');`,
  );
  await writeFile(join(folder, '0001_things.down.sql'), 'drop table things;');
  await writeFile(join(folder, '0002_more.up.sql'), 'alter table things add column more jsonb;');
  await writeFile(join(folder, '0002_more.down.sql'), 'alter table things drop column more;');
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function query(text: string): Promise<unknown[]> {
  const client = new pg.Client(database.url);
  await client.connect();
  try {
    const { rows } = await client.query(text);
    return rows;
  } finally {
    await client.end();
  }
}

describe('migrations', () => {
  test('run once, in order, even when several processes start at once', async () => {
    const ran = await Promise.all([migrate(database.url, folder), migrate(database.url, folder)]);
    expect(ran.flat()).toEqual(['0001_things', '0002_more']);
    expect(await migrate(database.url, folder)).toEqual([]);
  });

  test('run after a process was killed in the middle and left its lock', async () => {
    await query('update schema_migrations_lock set is_locked = 1');
    await writeFile(join(folder, '0003_last.up.sql'), 'create table last (id integer);');
    await writeFile(join(folder, '0003_last.down.sql'), 'drop table last;');
    expect(await migrate(database.url, folder)).toEqual(['0003_last']);
  });

  test('are undone by their down files', async () => {
    await migrateDown(database.url, folder);
    expect(
      await query(`select to_regclass('things') as things, to_regclass('last') as last`),
    ).toEqual([{ things: null, last: null }]);
  });
});
