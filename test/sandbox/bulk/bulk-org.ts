import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import express from 'express';
import type pg from 'pg';

import { bind, portOf } from '../../../src/kit/listen.ts';
import { silentLog } from '../../../src/kit/log.ts';
import { createBulkRouter, startBulk } from '../../../sandbox/bulk/router.ts';
import { readConfig } from '../../../sandbox/config.ts';
import { openOrg } from '../../../sandbox/open-org.ts';
import type { Org } from '../../../sandbox/org.ts';
import { answerErrors } from '../../../sandbox/salesforce-error.ts';
import type { Session } from '../../../sandbox/session.ts';
import { createTestDatabase } from '../../support/database.ts';

const TOKEN = '00DgL0000000001EAA!test';

export interface BulkOrg extends AsyncDisposable {
  readonly pool: pg.Pool;
  readonly url: string;
  readonly org: Org;
  readonly session: Session;
  /** Unexpected errors of the server. */
  readonly reported: readonly unknown[];
  call(method: string, path: string, options?: CallOptions): Promise<Response>;
}

interface CallOptions {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The Bulk API alone over HTTP, in an org of its own, with a home of its own unless another is given. */
export async function createBulkOrg(givenHome?: string): Promise<BulkOrg> {
  const database = await createTestDatabase();
  const home = givenHome ?? (await mkdtemp(join(tmpdir(), 'landbridge-bulk-')));
  const org = await openOrg(
    readConfig({
      LANDBRIDGE_ORG_DATABASE_URL: database.url,
      LANDBRIDGE_HOME: home,
      LANDBRIDGE_ORG_PASSWORD: 'password',
      LANDBRIDGE_ORG_VISIBILITY_DELAY_MS: '0',
    }),
    silentLog,
  );
  const session: Session = {
    userId: org.adminUserId,
    orgId: org.orgId,
    username: 'ada@example.com',
    profileId: org.adminProfileId,
    clientId: null,
    scopes: ['api'],
    accessToken: TOKEN,
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
    pool: org.pool,
    url,
    org,
    session,
    reported,
    async call(method, path, { body, headers = {} } = {}) {
      const raw =
        typeof body === 'string' || body instanceof Uint8Array || body instanceof FormData;
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
      await org[Symbol.asyncDispose]();
      if (givenHome === undefined) await rm(home, { recursive: true, force: true });
      await database[Symbol.asyncDispose]();
    },
  };
}
