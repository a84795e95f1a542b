import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import pg from 'pg';
import { z } from 'zod';

import { createTestDatabase } from '../../support/database.ts';
import { createAppDatabase, type AppDatabase } from './app-database.ts';
import {
  APP,
  PLATFORM_TOKEN,
  startFakePlatform,
  USER_TOKEN,
  type FakePlatform,
} from './fake-platform.ts';
import { freePorts } from './free-ports.ts';
import { startService, type Service } from './service.ts';

const PARTNER_PASSWORD = 'canary-partner-password';
const CLIENT_ID = 'landbridge-test';
const CLIENT_SECRET = 'canary-client-secret';
export const ORG_PASSWORD = 'canary-org-password';
export const PUBLIC_URL = 'http://localhost:5055';

/** A sandbox org, a fake platform, an application's database and Connect: each process real, each database fresh. */
export interface RunningConnect extends AsyncDisposable {
  readonly org: Service;
  /** The org's administrator. */
  readonly username: string;
  /** Ends the org as a crash does; `startOrg` starts it again with its data. */
  killOrg(): Promise<void>;
  startOrg(): Promise<void>;
  /** Ends every session of the org, and with `grants` what they came from, as its administrator can. */
  revokeAll(options: { readonly grants: boolean }): Promise<void>;
  readonly platform: FakePlatform;
  readonly database: AppDatabase;
  readonly connect: () => Service;
  /** Ends Connect as a crash does, and starts it again. */
  crash(): Promise<void>;
  api(path: string, options?: ApiOptions): Promise<ApiAnswer>;
  /** The org's REST API as its administrator. */
  rest(
    path: string,
    options?: { readonly method?: string; readonly body?: unknown },
  ): Promise<ApiAnswer>;
  /** Changes the org's settings while it runs. */
  setOrg(settings: Readonly<Record<string, unknown>>): Promise<void>;
}

interface ApiOptions {
  readonly method?: string;
  readonly body?: unknown;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ApiAnswer {
  readonly status: number;
  readonly text: string;
  readonly json: unknown;
}

export async function startConnect(): Promise<RunningConnect> {
  await using stack = new AsyncDisposableStack();
  const home = await mkdtemp(join(tmpdir(), 'landbridge-connect-'));
  stack.defer(() => rm(home, { recursive: true, force: true }));
  const orgDatabase = stack.use(await createTestDatabase());
  const ownDatabase = stack.use(await createTestDatabase());
  const database = stack.use(await createAppDatabase());
  const platform = stack.use(await startFakePlatform({ DATABASE_URL: database.url, OTHER: 'x' }));
  const orgPort = await freePorts(4);
  const connectPort = orgPort + 3;
  const orgUrl = `http://127.0.0.1:${orgPort}`;
  const startOrg = (): Promise<Service> =>
    startService('sandbox/main.ts', {
      port: orgPort,
      environment: {
        LANDBRIDGE_ORG_PORT: String(orgPort),
        LANDBRIDGE_ORG_DATABASE_URL: orgDatabase.url,
        LANDBRIDGE_HOME: home,
        LANDBRIDGE_LOG_LEVEL: 'info',
        LANDBRIDGE_ORG_PASSWORD: ORG_PASSWORD,
        LANDBRIDGE_ORG_CLIENT_ID: CLIENT_ID,
        LANDBRIDGE_ORG_CLIENT_SECRET: CLIENT_SECRET,
        LANDBRIDGE_ORG_CALLBACK_URL: `${PUBLIC_URL}/oauth/salesforce/callback`,
        LANDBRIDGE_ORG_ADMIN: 'on',
      },
    });
  let org = await startOrg();
  stack.defer(() => org[Symbol.asyncDispose]());
  const start = (): Promise<Service> =>
    startService('connect/main.ts', {
      port: connectPort,
      environment: {
        LANDBRIDGE_CONNECT_PORT: String(connectPort),
        LANDBRIDGE_CONNECT_DATABASE_URL: ownDatabase.url,
        LANDBRIDGE_HOME: home,
        LANDBRIDGE_LOG_LEVEL: 'debug',
        LANDBRIDGE_CONNECT_PUBLIC_URL: PUBLIC_URL,
        LANDBRIDGE_PLATFORM_URL: platform.url,
        LANDBRIDGE_CONNECT_PASSWORD: PARTNER_PASSWORD,
        LANDBRIDGE_CONNECT_PLATFORM_TOKEN: PLATFORM_TOKEN,
        SF_CLIENT_ID: CLIENT_ID,
        SF_CLIENT_SECRET: CLIENT_SECRET,
        SF_LOGIN_URL: orgUrl,
        LANDBRIDGE_SF_HOSTS: `127.0.0.1:${orgPort}`,
      },
    });
  let connect = await start();
  stack.defer(() => connect[Symbol.asyncDispose]());
  let session = await openAdminSession(orgUrl);
  const { username } = session;
  const kept = stack.move();
  return {
    org,
    username,
    killOrg: () => org.kill(),
    async startOrg() {
      org = await startOrg();
    },
    async revokeAll({ grants }) {
      const client = new pg.Client(orgDatabase.url);
      await client.connect();
      if (grants) await client.query('update oauth_grants set revoked_at = now()');
      await client.query('delete from oauth_sessions');
      await client.end();
    },
    platform,
    database,
    connect: () => connect,
    async crash() {
      await connect.kill();
      connect = await start();
    },
    api: (path, { method = 'GET', body, token = USER_TOKEN, headers = {} } = {}) =>
      send(`${connect.url}${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, ...headers },
        ...(body === undefined ? {} : { body }),
      }),
    async setOrg(settings) {
      const answer = await send(`${orgUrl}/admin/settings`, {
        method: 'PATCH',
        headers: { authorization: `Bearer ${session.token}` },
        body: settings,
      });
      if (answer.status !== 200) throw new Error(`The org refused the settings: ${answer.text}`);
    },
    async rest(path, { method = 'GET', body } = {}) {
      const ask = (): Promise<ApiAnswer> =>
        send(`${orgUrl}/services/data/v62.0${path}`, {
          method,
          headers: { authorization: `Bearer ${session.token}` },
          ...(body === undefined ? {} : { body }),
        });
      const answer = await ask();
      if (answer.status !== 401) return answer;
      session = await openAdminSession(orgUrl);
      return ask();
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

const Token = z.object({ access_token: z.string(), id: z.string() });
const Identity = z.object({ username: z.string() });

async function openAdminSession(
  orgUrl: string,
): Promise<{ readonly token: string; readonly username: string }> {
  const answer = await fetch(`${orgUrl}/services/oauth2/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: CLIENT_ID,
      client_secret: CLIENT_SECRET,
    }),
  });
  const { access_token: token, id } = Token.parse(await answer.json());
  const identity = await fetch(new URL(new URL(id).pathname, orgUrl), {
    headers: { authorization: `Bearer ${token}` },
  });
  return { token, username: Identity.parse(await identity.json()).username };
}

async function send(
  url: string,
  request: {
    readonly method: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: unknown;
  },
): Promise<ApiAnswer> {
  const { body } = request;
  const answer = await fetch(url, {
    method: request.method,
    redirect: 'manual',
    headers: { 'content-type': 'application/json', ...request.headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, text, json: parse(text) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Makes the add-on, as the platform does; resolves to the connection's id. */
export async function provision(running: RunningConnect, uuid: string): Promise<string> {
  const authorization = `Basic ${Buffer.from(`herokuconnect:${PARTNER_PASSWORD}`).toString('base64')}`;
  const { status, text, json } = await running.api('/heroku/resources', {
    method: 'POST',
    headers: { authorization },
    body: {
      uuid,
      name: 'herokuconnect-curved-12345',
      plan: 'demo',
      region: 'local',
      callback_url: 'http://localhost/addons',
      oauth_grant: {},
      options: {},
      app: APP,
    },
  });
  if (status >= 300 || typeof json !== 'object' || json === null || !('id' in json)) {
    throw new Error(`not provisioned: ${status} ${text}`);
  }
  return String(json.id);
}
