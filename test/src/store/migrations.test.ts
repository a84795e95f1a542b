import { join } from 'node:path';

import { expect, test } from '@jest/globals';
import pg from 'pg';

import { migrate, migrateDown } from '../../../src/kit/migrate.ts';
import { createTestDatabase } from '../../support/database.ts';

const FOLDER = join(import.meta.dirname, '../../../migrations/platform');

test('the migrations run, run again without effect, and are undone whole', async () => {
  await using database = await createTestDatabase();
  const ran = await migrate(database.url, FOLDER);
  expect(ran).toContain('0001_apps_and_releases');
  expect(await migrate(database.url, FOLDER)).toEqual([]);
  await migrateDown(database.url, FOLDER);
  const client = new pg.Client(database.url);
  await client.connect();
  try {
    const { rows } = await client.query(
      `select relname from pg_class join pg_namespace on pg_namespace.oid = relnamespace
        where nspname = 'public' and relkind = 'r' and relname not like 'schema_migrations%'`,
    );
    expect(rows).toEqual([]);
    const functions = await client.query(
      `select proname from pg_proc join pg_namespace on pg_namespace.oid = pronamespace where nspname = 'public'`,
    );
    expect(functions.rows).toEqual([]);
  } finally {
    await client.end();
  }
});
