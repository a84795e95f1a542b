import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import http from 'node:http';

import express from 'express';
import pg from 'pg';

import { bind, portOf } from '../../../src/kit/listen.ts';
import { systemClock } from '../../../src/kit/clock.ts';
import { silentLog } from '../../../src/kit/log.ts';
import { migrate } from '../../../src/kit/migrate.ts';
import { readConfig } from '../../../sandbox/config.ts';
import { createBulkRouter, startBulk } from '../../../sandbox/bulk/router.ts';
import type { Org } from '../../../sandbox/org.ts';
import type { RecordEngine } from '../../../sandbox/records/engine.ts';
import { answerErrors } from '../../../sandbox/salesforce-error.ts';
import { Schema } from '../../../sandbox/schema/schema.ts';
import { STANDARD_OBJECTS } from '../../../sandbox/schema/standard.ts';
import type { Session } from '../../../sandbox/session.ts';
import { defaultSettings } from '../../../sandbox/settings.ts';
import { ensureTables } from '../../../sandbox/store/tables.ts';
import { createTestDatabase } from '../../support/database.ts';

export const TOKEN = '00DgL0000000001EAA!test';
export const USER_ID = '005gL0000000001QAA';

export interface BulkOrg extends AsyncDisposable {
  readonly pool: pg.Pool;
  readonly url: string;
  readonly org: Org;
  /** Unexpected errors of the server. */
  readonly reported: readonly unknown[];
  call(method: string, path: string, options?: CallOptions): Promise<Response>;
}

export interface CallOptions {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const session: Session = {
  userId: USER_ID,
  orgId: '00DgL0000000001EAA',
  username: 'ada@example.com',
  profileId: '00egL0000000001AAA',
  clientId: null,
  scopes: ['api'],
  accessToken: TOKEN,
};

async function refuse(): Promise<never> {
  throw new Error('nothing is written here');
}

export const NO_WRITES: RecordEngine = {
  create: refuse,
  update: refuse,
  upsert: refuse,
  delete: refuse,
  undelete: refuse,
};

/** The Bulk API alone over HTTP, on an org's own tables. */
export async function createBulkOrg(records: (pool: pg.Pool) => RecordEngine): Promise<BulkOrg> {
  const database = await createTestDatabase();
  await migrate(database.url, 'migrations/sandbox');
  const pool = new pg.Pool({ connectionString: database.url, max: 6 });
  const client = await pool.connect();
  await ensureTables(client, STANDARD_OBJECTS);
  client.release();
  const home = await mkdtemp(join(tmpdir(), 'landbridge-bulk-'));
  const schema = new Schema(STANDARD_OBJECTS);
  const org: Org = {
    config: readConfig({
      LANDBRIDGE_ORG_DATABASE_URL: database.url,
      LANDBRIDGE_HOME: home,
      LANDBRIDGE_ORG_PASSWORD: 'password',
    }),
    pool,
    log: silentLog,
    clock: systemClock,
    settings: defaultSettings(),
    orgId: session.orgId,
    adminUserId: USER_ID,
    adminProfileId: session.profileId,
    schema: () => schema,
    records: records(pool),
  };
  const reported: unknown[] = [];
  const app = express();
  const authenticate = async (token: string) => (token === TOKEN ? session : undefined);
  app.use(createBulkRouter(org, { authenticate }));
  app.use(answerErrors((error) => reported.push(error)));
  const work = await startBulk(org);
  const server = http.createServer(app);
  await bind(server, { port: 0, host: '127.0.0.1', drainMs: 0, what: 'bulk', variable: 'none' });
  const url = `http://127.0.0.1:${portOf(server)}`;
  return {
    pool,
    url,
    org,
    reported,
    async call(method, path, { body, headers = {} } = {}) {
      const raw = typeof body === 'string' || body instanceof Uint8Array;
      return fetch(`${url}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${TOKEN}`,
          'accept-encoding': 'identity',
          ...(body === undefined || raw ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        body: body === undefined ? null : raw ? body : JSON.stringify(body),
      });
    },
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await work[Symbol.asyncDispose]();
      await pool.end();
      await rm(home, { recursive: true, force: true });
      await database[Symbol.asyncDispose]();
    },
  };
}
