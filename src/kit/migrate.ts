import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import knex from 'knex';
import pg from 'pg';

interface SqlMigration {
  readonly name: string;
  readonly folder: string;
}

/** Advisory lock taken while migrating; any number that nobody else in these databases takes. */
const MIGRATION_LOCK = 7_251_905;
const UP = '.up.sql';
const DOWN = '.down.sql';

/**
 * Brings a database up to the migrations of `folder` (`NNNN_name.up.sql`, `NNNN_name.down.sql`), each in its own
 * transaction, under a lock: of several processes that start at once one migrates and the others wait.
 * Resolves to the names of the migrations it ran.
 */
export async function migrate(databaseUrl: string, folder: string): Promise<readonly string[]> {
  const database = connect(databaseUrl, folder);
  const guard = new pg.Client(databaseUrl);
  await guard.connect();
  try {
    // The server frees this lock when its session ends, however it ends; knex's own lock is a row that a killed process
    // leaves behind. Whoever holds this one knows that a locked row is such a left-over, and may free it.
    await guard.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await database.migrate.forceFreeMigrationsLock().catch(() => undefined);
    const result: unknown = await database.migrate.latest();
    return ranNames(result);
  } finally {
    await guard.end();
    await database.destroy();
  }
}

/** Undoes every migration, newest first. */
export async function migrateDown(databaseUrl: string, folder: string): Promise<void> {
  const database = connect(databaseUrl, folder);
  try {
    await database.migrate.rollback(undefined, true);
  } finally {
    await database.destroy();
  }
}

function connect(databaseUrl: string, folder: string): knex.Knex {
  return knex({
    client: 'pg',
    connection: databaseUrl,
    pool: { min: 0, max: 2 },
    log: { warn: () => undefined },
    migrations: { migrationSource: new SqlFolder(folder), tableName: 'schema_migrations' },
  });
}

/** knex's view of a folder of SQL files: the statements are reviewed as SQL, knex keeps the order, the lock and the record. */
class SqlFolder implements knex.Knex.MigrationSource<SqlMigration> {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async getMigrations(): Promise<SqlMigration[]> {
    const names = (await readdir(this.#folder))
      .filter((file) => file.endsWith(UP))
      .map((file) => file.slice(0, -UP.length))
      .toSorted();
    return names.map((name) => ({ name, folder: this.#folder }));
  }

  getMigrationName({ name }: SqlMigration): string {
    return name;
  }

  async getMigration({ name, folder }: SqlMigration): Promise<knex.Knex.Migration> {
    const up = await readFile(join(folder, `${name}${UP}`), 'utf8');
    const down = await readFile(join(folder, `${name}${DOWN}`), 'utf8');
    return {
      up: async (database) => {
        await database.raw(escapeBindings(up));
      },
      down: async (database) => {
        await database.raw(escapeBindings(down));
      },
    };
  }
}

/** knex reads `?` as a binding; the SQL files mean the character. */
function escapeBindings(sql: string): string {
  return sql.replaceAll('?', '\\?');
}

function ranNames(result: unknown): readonly string[] {
  if (!Array.isArray(result)) return [];
  const names: unknown = result[1];
  return Array.isArray(names) ? names.map(String) : [];
}
