import { randomBytes } from 'node:crypto';

import pg from 'pg';

import { openPool } from '../../../connect/postgres/session.ts';
import { quoteName } from '../../../src/kit/identifiers.ts';
import { createTestDatabase } from '../../support/database.ts';

export interface AppDatabase extends AsyncDisposable {
  readonly url: string;
  /** Connect's sessions, as the application's own role. */
  readonly connect: pg.Pool;
  /** The application's sessions. */
  readonly app: pg.Pool;
}

/** A database owned by an ordinary role, as the platform gives each app one: nothing here may need a superuser. */
export async function createAppDatabase(): Promise<AppDatabase> {
  const database = await createTestDatabase();
  const role = `app_${randomBytes(6).toString('hex')}`;
  const admin = new pg.Client(database.url);
  await admin.connect();
  await admin.query(`create role ${quoteName(role)} login password 'app'`);
  await admin.query(`alter database ${quoteName(database.name)} owner to ${quoteName(role)}`);
  await admin.end();
  const url = new URL(database.url);
  url.username = role;
  url.password = 'app';
  const connect = openPool(url.toString(), 'landbridge-test');
  const app = new pg.Pool({ connectionString: url.toString(), max: 8 });
  app.on('error', () => undefined);
  return {
    url: url.toString(),
    connect,
    app,
    async [Symbol.asyncDispose]() {
      await app.end();
      await connect.end();
      await database[Symbol.asyncDispose]();
    },
  };
}
