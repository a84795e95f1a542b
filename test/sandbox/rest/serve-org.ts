import { createServer } from 'node:http';

import { listen } from '../../../src/kit/listen.ts';
import { silentLog } from '../../../src/kit/log.ts';
import { injectIntoRequests } from '../../../sandbox/admin/inject.ts';
import { createAdminRouter } from '../../../sandbox/admin/router.ts';
import { createApp } from '../../../sandbox/app.ts';
import { createBulkRouter } from '../../../sandbox/bulk/router.ts';
import { MetadataJobs } from '../../../sandbox/metadata/metadata-jobs.ts';
import { createMetadataRouter } from '../../../sandbox/metadata/router.ts';
import { createRestRouter } from '../../../sandbox/rest/router.ts';
import { createSoapRouter } from '../../../sandbox/soap/router.ts';
import type { Authenticator } from '../../../sandbox/session.ts';
import { openTestOrg, type TestOrg } from '../support/open-test-org.ts';

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // Tests look into answers of many shapes; each expectation names the shape it wants.
  readonly body: unknown;
}

export interface ServedOrg extends TestOrg {
  readonly url: string;
  readonly token: string;
  /** Asks as the administrator; paths are below `/services/data/v60.0` unless they begin with a slash. */
  ask(
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer>;
}

const TOKEN = '00Dtest!token';

/** A test org behind HTTP. Its one token belongs to the administrator. */
export async function serveOrg(): Promise<ServedOrg> {
  const testOrg = await openTestOrg();
  const { org } = testOrg;
  // Tests that run a deploy by themselves must not find it taken.
  const metadata = new MetadataJobs(org);
  await metadata[Symbol.asyncDispose]();
  const authenticator: Authenticator = {
    async authenticate(accessToken) {
      if (accessToken !== TOKEN) return undefined;
      return {
        userId: org.adminUserId,
        orgId: org.orgId,
        username: 'admin@landbridge.example',
        profileId: org.adminProfileId,
        clientId: null,
        scopes: ['api'],
        accessToken,
      };
    },
  };
  const app = createApp({
    log: silentLog,
    before: injectIntoRequests(org),
    health: () => ({ ready: true, parts: {} }),
    routers: [
      createAdminRouter(org, authenticator),
      createSoapRouter(org, authenticator),
      createMetadataRouter(org, authenticator, metadata),
      createBulkRouter(org, authenticator),
      createRestRouter(org, authenticator),
    ],
  });
  const place = {
    port: 0,
    host: '127.0.0.1',
    drainMs: 1_000,
    what: 'the test org',
    variable: 'none',
  };
  const listening = await listen(createServer({ maxHeaderSize: 98_304 }, app), place);
  const url = `http://127.0.0.1:${listening.port}`;
  return {
    ...testOrg,
    url,
    token: TOKEN,
    async ask(method, path, body, headers = {}) {
      const response = await fetch(
        `${url}${path.startsWith('/') ? path : `/services/data/v60.0/${path}`}`,
        {
          method,
          headers: {
            Authorization: `Bearer ${TOKEN}`,
            'Content-Type': 'application/json',
            ...headers,
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        },
      );
      const text = await response.text();
      return {
        status: response.status,
        headers: response.headers,
        body: text === '' ? undefined : JSON.parse(text),
      };
    },
    async [Symbol.asyncDispose]() {
      await listening[Symbol.asyncDispose]();
      await testOrg[Symbol.asyncDispose]();
    },
  };
}
