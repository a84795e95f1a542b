import { createServer } from 'node:http';

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';

import { createApp } from '../../../sandbox/app.ts';
import { prepareOAuth } from '../../../sandbox/oauth/prepare.ts';
import { createAuthenticator, createOAuthRouter } from '../../../sandbox/oauth/router.ts';
import { createScimRouter } from '../../../sandbox/scim/router.ts';
import { silentLog } from '../../../src/kit/log.ts';
import { listen, type Listening } from '../../../src/kit/listen.ts';
import { openTestOrg, type TestOrg } from '../support/open-test-org.ts';

const Token = z.object({ access_token: z.string(), id: z.string() });
const Created = z.object({ id: z.string(), userName: z.string() });
const Refused = z.object({
  Errors: z.array(z.object({ description: z.string(), code: z.number() })),
});

let testOrg: TestOrg;
let listening: Listening;
let url: string;

beforeAll(async () => {
  testOrg = await openTestOrg();
  const { org } = testOrg;
  await prepareOAuth(org);
  const app = createApp({
    log: silentLog,
    health: () => ({ ready: true, parts: {} }),
    routers: [createOAuthRouter(org), createScimRouter(org, createAuthenticator(org))],
  });
  const place = { port: 0, host: '127.0.0.1', drainMs: 1_000, what: 'org', variable: 'none' };
  listening = await listen(createServer(app), place);
  url = `http://127.0.0.1:${listening.port}`;
});

afterAll(async () => {
  await listening[Symbol.asyncDispose]();
  await testOrg[Symbol.asyncDispose]();
});

async function token(parameters: Record<string, string>): Promise<z.infer<typeof Token>> {
  const body = new URLSearchParams({ client_id: 'PlatformCLI', ...parameters });
  const response = await fetch(`${url}/services/oauth2/token`, { method: 'POST', body });
  return Token.parse(await response.json());
}

async function administrator(): Promise<string> {
  const { access_token: accessToken } = await token({
    grant_type: 'password',
    username: 'admin@landbridge.example',
    password: 'sandbox-password',
  });
  return accessToken;
}

async function createUser(
  accessToken: string,
  username: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return fetch(`${url}/services/scim/v1/Users`, {
    method: 'POST',
    headers: { authorization: `Bearer ${accessToken}`, ...headers },
    // As the command line sends it: without a content type.
    body: JSON.stringify({
      username,
      emails: ['second@landbridge.example'],
      name: { familyName: 'Second' },
      nickName: username.slice(0, 40),
      entitlements: [{ value: testOrg.org.adminProfileId }],
    }),
  });
}

test('an administrator makes a user, and with leave acts as him', async () => {
  const response = await createUser(await administrator(), 'second@landbridge.example', {
    'auto-approve-user': 'true',
  });
  expect(response.status).toBe(201);
  const { id, userName } = Created.parse(await response.json());
  expect(userName).toBe('second@landbridge.example');
  const mine = await token({
    grant_type: 'refresh_token',
    refresh_token: response.headers.get('auto-approve-user') ?? '',
  });
  expect(mine.id).toBe(`${url}/id/${testOrg.org.orgId}/${id}`);
});

test('without that header no token leaves the org', async () => {
  const response = await createUser(await administrator(), 'third@landbridge.example');
  expect([response.status, response.headers.get('auto-approve-user')]).toEqual([201, null]);
});

test('a username that is taken is refused in SCIM’s shape', async () => {
  const response = await createUser(await administrator(), 'admin@landbridge.example');
  const { Errors } = Refused.parse(await response.json());
  expect([response.status, Errors[0]?.code]).toEqual([400, 400]);
  expect(Errors[0]?.description).toMatch(/username/i);
});

test('who may not manage users makes none', async () => {
  const { org, context } = testOrg;
  const { rows } = await org.pool.query(
    `select id from org.profile where name = 'Standard User' limit 1`,
  );
  const [profile] = z.tuple([z.object({ id: z.string() })]).parse(rows);
  const plain = await createUser(await administrator(), 'plain@landbridge.example', {
    'auto-approve-user': 'true',
  });
  const { id } = Created.parse(await plain.json());
  await org.records.update(context, 'User', [{ Id: id, ProfileId: profile.id }]);
  const { access_token: accessToken } = await token({
    grant_type: 'refresh_token',
    refresh_token: plain.headers.get('auto-approve-user') ?? '',
  });
  const response = await createUser(accessToken, 'fourth@landbridge.example');
  expect(response.status).toBe(403);
});

test('what else SCIM does is refused by name', async () => {
  const response = await fetch(`${url}/services/scim/v1/Groups`, {
    headers: { authorization: `Bearer ${await administrator()}` },
  });
  expect(response.status).toBe(501);
});
