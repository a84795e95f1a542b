import { createServer } from 'node:http';

import { createApp } from '../../../sandbox/app.ts';
import { prepareOAuth } from '../../../sandbox/oauth/prepare.ts';
import { createAuthenticator, createOAuthRouter } from '../../../sandbox/oauth/router.ts';
import { createRestRouter } from '../../../sandbox/rest/router.ts';
import { startStreaming } from '../../../sandbox/streaming/start.ts';
import { createUiRouter } from '../../../sandbox/ui/router.ts';
import { listen } from '../../../src/kit/listen.ts';
import { silentLog } from '../../../src/kit/log.ts';
import { openTestOrg, type TestOrg } from '../support/open-test-org.ts';

export interface Pages extends AsyncDisposable {
  readonly testOrg: TestOrg;
  readonly url: string;
}

/** A test org with its login, its pages, its REST API and its events, on a port of its own. */
export async function openPages(): Promise<Pages> {
  const testOrg = await openTestOrg();
  const { org } = testOrg;
  await prepareOAuth(org);
  const authenticator = createAuthenticator(org);
  const streaming = await startStreaming(org, authenticator);
  const app = createApp({
    log: silentLog,
    health: () => ({ ready: true, parts: {} }),
    routers: [createOAuthRouter(org), createRestRouter(org, authenticator), createUiRouter(org)],
  });
  const listening = await listen(createServer(app), {
    port: 0,
    host: '127.0.0.1',
    drainMs: 1_000,
    what: 'the test org',
    variable: 'none',
  });
  return {
    testOrg,
    url: `http://127.0.0.1:${listening.port}`,
    async [Symbol.asyncDispose]() {
      await listening[Symbol.asyncDispose]();
      await streaming[Symbol.asyncDispose]();
      await testOrg[Symbol.asyncDispose]();
    },
  };
}
