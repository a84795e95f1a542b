import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type express from 'express';
import pg from 'pg';

import { CATALOG } from '../../../src/addons/catalog.ts';
import { createApi } from '../../../src/api/create-api.ts';
import { systemClock } from '../../../src/kit/clock.ts';
import { silentLog } from '../../../src/kit/log.ts';
import { migrate } from '../../../src/kit/migrate.ts';
import { SecretBox } from '../../../src/kit/secret-box.ts';
import type { Platform } from '../../../src/ports.ts';
import { ensureToken, ensureUser } from '../../../src/store/users.ts';
import { createTestDatabase } from '../../support/database.ts';

const FOLDER = join(import.meta.dirname, '../../../migrations/platform');

export interface TestPlatform extends AsyncDisposable {
  readonly platform: Platform;
  readonly api: express.Express;
  readonly databaseUrl: string;
  /** What was told to apps' logs. */
  readonly told: string[];
  /** Makes an account; resolves to its token. */
  account(email: string, service?: string): Promise<string>;
}

/** The platform's API on a fresh database and home, without dynos. */
export async function createTestPlatform(): Promise<TestPlatform> {
  const database = await createTestDatabase();
  await migrate(database.url, FOLDER);
  const pool = new pg.Pool({ connectionString: database.url, max: 8 });
  pool.on('error', () => undefined);
  const home = await mkdtemp(join(tmpdir(), 'landbridge-test-home-'));
  const told: string[] = [];
  const stop = new AbortController();
  const platform: Platform = {
    pool,
    box: new SecretBox(randomBytes(32)),
    clock: systemClock,
    log: silentLog,
    home,
    addresses: {
      api: 'http://localhost:5055',
      git: 'https://localhost:5055',
      webUrl: (name) => `http://${name}.localhost:5080/`,
      hostOf: (name) => `${name}.localhost`,
    },
    catalog: CATALOG,
    addonWaitMs: 0,
    changePlan: async () => undefined,
    readLines: async () => [],
    streamLog: async (_session, response) => {
      response.end();
    },
    tell: (_appId, text) => {
      told.push(text);
    },
  };
  return {
    platform,
    api: createApi(platform, stop.signal),
    databaseUrl: database.url,
    told,
    async account(email, service) {
      const token = randomBytes(16).toString('hex');
      const id = randomUUID();
      const user = await ensureUser(pool, { id, email, name: null, service: service ?? null });
      await ensureToken(pool, { id: randomUUID(), userId: user.id, token, description: 'test' });
      return token;
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await pool.end();
      await rm(home, { recursive: true, force: true });
      await database[Symbol.asyncDispose]();
    },
  };
}
