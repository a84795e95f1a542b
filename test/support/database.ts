import { randomBytes } from 'node:crypto';

import pg from 'pg';

import { systemClock } from '../../src/kit/clock.ts';
import { codeOf } from '../../src/kit/fault.ts';
import { quoteName } from '../../src/kit/identifiers.ts';

/** SQLSTATE 55006 */
const OBJECT_IN_USE = '55006';

export interface TestDatabase extends AsyncDisposable {
  readonly name: string;
  /** The superuser's URL of the fresh database. */
  readonly url: string;
}

/** A fresh, empty database on the run's PostgreSQL; dropped at disposal, whoever is still connected. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  await run(`create database ${quoteName(name)}`);
  const url = new URL(serverUrl());
  url.pathname = `/${name}`;
  return {
    name,
    url: url.toString(),
    async [Symbol.asyncDispose]() {
      await drop(name);
    },
  };
}

/** Connections that are just closing get a moment: cut, they would fail in the process that closes them. */
async function drop(name: string): Promise<void> {
  for (let tries = 0; tries < 20; tries += 1) {
    try {
      await run(`drop database if exists ${quoteName(name)}`);
      return;
    } catch (error) {
      if (codeOf(error) !== OBJECT_IN_USE) throw error;
      await systemClock.sleep(50);
    }
  }
  await run(`drop database if exists ${quoteName(name)} with (force)`);
}

/** The superuser's URL of the run's PostgreSQL, database `postgres`. */
export function serverUrl(): string {
  const url = process.env['LANDBRIDGE_TEST_POSTGRES_URL'];
  if (url === undefined)
    throw new Error('run the tests with npm test: its global setup starts PostgreSQL');
  return url;
}

async function run(statement: string): Promise<void> {
  const client = new pg.Client(serverUrl());
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
