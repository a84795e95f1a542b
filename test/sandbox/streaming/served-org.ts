import { createServer } from 'node:http';

import { portOf } from '../../../src/kit/listen.ts';
import { silentLog } from '../../../src/kit/log.ts';
import { createAdminRouter } from '../../../sandbox/admin/router.ts';
import { createApp } from '../../../sandbox/app.ts';
import { createRestRouter } from '../../../sandbox/rest/router.ts';
import type { Authenticator } from '../../../sandbox/session.ts';
import { createSoapRouter } from '../../../sandbox/soap/router.ts';
import { startStreaming, type Streaming } from '../../../sandbox/streaming/start.ts';
import { openTestOrg, type TestOrg } from '../support/open-test-org.ts';
import { Bayeux } from './bayeux.ts';

const TOKEN = '00Dtest!token';

export interface StreamingOrg extends TestOrg {
  readonly streaming: Streaming;
  readonly url: string;
  readonly token: string;
  /** Whether the one token is good. */
  readonly session: { good: boolean; asked: number };
  /** Asks as the administrator; paths are below `/services/data/v60.0` unless they begin with a slash. */
  ask(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }>;
  /** A CometD client that has shaken hands. */
  connect(): Promise<Bayeux>;
}

/** A whole org with its event delivery, REST, Tooling and admin API behind HTTP. */
export async function serveStreamingOrg(): Promise<StreamingOrg> {
  const whole = await openTestOrg();
  const { org } = whole;
  const session = { good: true, asked: 0 };
  const authenticator: Authenticator = {
    authenticate(accessToken) {
      session.asked += 1;
      return Promise.resolve(
        accessToken === TOKEN && session.good
          ? {
              userId: org.adminUserId,
              orgId: org.orgId,
              username: 'admin@landbridge.example',
              profileId: org.adminProfileId,
              clientId: null,
              scopes: ['full'],
              accessToken,
            }
          : undefined,
      );
    },
  };
  const streaming = await startStreaming(org, authenticator);
  const app = createApp({
    log: silentLog,
    health: () => ({ ready: true, parts: {} }),
    routers: [
      createAdminRouter(org, authenticator),
      streaming.router,
      createSoapRouter(org, authenticator),
      createRestRouter(org, authenticator),
    ],
  });
  const server = createServer(app);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const url = `http://127.0.0.1:${portOf(server)}`;
  return {
    ...whole,
    streaming,
    url,
    token: TOKEN,
    session,
    async ask(method, path, body) {
      const response = await fetch(
        `${url}${path.startsWith('/') ? path : `/services/data/v60.0/${path}`}`,
        {
          method,
          headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        },
      );
      const text = await response.text();
      return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
    },
    async connect() {
      const client = new Bayeux(`${url}/cometd/60.0`, TOKEN);
      await client.handshake();
      return client;
    },
    async [Symbol.asyncDispose]() {
      await streaming[Symbol.asyncDispose]();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await whole[Symbol.asyncDispose]();
    },
  };
}
