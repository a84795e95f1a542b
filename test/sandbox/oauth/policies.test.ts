import { createHash } from 'node:crypto';

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createLocalJWKSet, jwtVerify } from 'jose';
import supertest from 'supertest';

import { SecretBox } from '../../../src/kit/secret-box.ts';
import { approve } from '../../../sandbox/oauth/endpoints/authorize.ts';
import { defineApp } from '../../../sandbox/oauth/prepare.ts';
import { createAuthenticatorOf } from '../../../sandbox/oauth/router.ts';
import { findApp } from '../../../sandbox/oauth/store/apps.ts';
import { signingKeyOf } from '../../../sandbox/oauth/signing-key.ts';
import { ADA, startLoginOrg, type LoginOrg } from './org-for-login.ts';

const VERIFIER = 'v'.repeat(64);
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url');
const CALLBACK = 'http://localhost:5055/callback';
const HOUR_MS = 3_600_000;

let org: LoginOrg;
beforeAll(async () => {
  org = await startLoginOrg();
  const app = { clientSecret: 'secret', callbackUrls: [CALLBACK], runAsUsername: ADA.username };
  await defineApp(org.ports, { ...app, clientId: 'plain', name: 'Plain' });
  await defineApp(org.ports, { ...app, clientId: 'readable', name: 'R', jwtAccessTokens: true });
  await defineApp(org.ports, {
    ...app,
    clientId: 'idle',
    name: 'Idle',
    refreshTokenIdleSeconds: 3600,
  });
});
afterAll(async () => {
  await org[Symbol.asyncDispose]();
});

function ask(grantType: string, parameters: Readonly<Record<string, string>>): supertest.Test {
  return supertest(org.url)
    .post('/services/oauth2/token')
    .type('form')
    .send({ grant_type: grantType, client_secret: 'secret', ...parameters });
}

/** A code as the consent page gives it. */
async function codeFor(clientId: string, scopes: string[]): Promise<string> {
  const app = await findApp(org.ports.pool, clientId);
  if (app === undefined) throw new Error(clientId);
  const target = await approve(org.ports, {
    app,
    user: ADA,
    baseUrl: org.url,
    wanted: {
      clientId,
      redirectUri: CALLBACK,
      responseType: 'code',
      hybrid: false,
      scopes,
      state: null,
      nonce: null,
      challenge: CHALLENGE,
      forceConsent: false,
    },
  });
  return new URL(target).searchParams.get('code') ?? '';
}

function exchange(grantType: string, clientId: string, code: string): supertest.Test {
  return ask(grantType, {
    client_id: clientId,
    code,
    code_verifier: VERIFIER,
    redirect_uri: CALLBACK,
  });
}

test('a hybrid app gets sessions for the pages its scopes cover, which open pages and no data', async () => {
  const code = await codeFor('plain', ['api', 'lightning', 'refresh_token']);
  const { body } = await exchange('hybrid_auth_code', 'plain', code).expect(200);
  expect(body).toMatchObject({ token_type: 'Bearer', sidCookieName: 'sid' });
  expect(body).not.toHaveProperty('visualforce_sid');
  const authenticator = createAuthenticatorOf(org.ports);
  expect(await authenticator.authenticate(String(body.lightning_sid))).toBeUndefined();
  expect(await authenticator.authenticate(String(body.access_token))).toMatchObject({
    userId: ADA.id,
  });
  const refreshed = await ask('hybrid_refresh', {
    client_id: 'plain',
    refresh_token: String(body.refresh_token),
  }).expect(200);
  expect(refreshed.body.lightning_sid).not.toBe(body.lightning_sid);
});

test('an app may have access tokens that can be read, and that end with their session', async () => {
  const { body } = await ask('client_credentials', { client_id: 'readable' }).expect(200);
  expect(body).toMatchObject({ token_format: 'jwt' });
  const { body: keys } = await supertest(org.server).get('/id/keys').expect(200);
  const { payload } = await jwtVerify(String(body.access_token), createLocalJWKSet(keys), {
    issuer: org.url,
    currentDate: new Date(org.ports.clock.now()),
  });
  expect(payload).toMatchObject({ sub: `uid:${ADA.id}`, client_id: 'readable' });
  const authenticator = createAuthenticatorOf(org.ports);
  expect(await authenticator.authenticate(String(body.access_token))).toBeDefined();
  await supertest(org.server)
    .post('/services/oauth2/revoke')
    .type('form')
    .send({ token: String(body.access_token) })
    .expect(200);
  expect(await authenticator.authenticate(String(body.access_token))).toBeUndefined();
});

test('the signing key survives a restart, and is not readable in the database', async () => {
  const before = await org.ports.signingKey();
  const box = new SecretBox(Buffer.alloc(32, 9));
  const restarted = signingKeyOf(
    org.ports.pool,
    () => Promise.resolve(box),
    () => new Date(),
  );
  expect((await restarted()).kid).toBe(before.kid);
  const { rows } = await org.ports.pool.query('select sealed from oauth_signing_keys');
  expect(JSON.stringify(rows)).not.toContain('PRIVATE KEY');
  const foreign = new SecretBox(Buffer.alloc(32, 1));
  const elsewhere = signingKeyOf(
    org.ports.pool,
    () => Promise.resolve(foreign),
    () => new Date(),
  );
  expect((await elsewhere()).kid).not.toBe(before.kid);
});

test('a refresh token lives as long as it is used', async () => {
  const code = await codeFor('idle', ['api', 'refresh_token']);
  const { body } = await exchange('authorization_code', 'idle', code).expect(200);
  const refresh = () =>
    ask('refresh_token', { client_id: 'idle', refresh_token: String(body.refresh_token) });
  org.advance(0.9 * HOUR_MS);
  await refresh().expect(200);
  org.advance(0.9 * HOUR_MS);
  await refresh().expect(200);
  org.advance(1.1 * HOUR_MS);
  await refresh().expect(400, {
    error: 'invalid_grant',
    error_description: 'expired access/refresh token',
  });
});

test('what the org cannot do says what it would need', async () => {
  const { body } = await ask('urn:ietf:params:oauth:grant-type:token-exchange', {}).expect(400);
  expect(body).toMatchObject({
    error: 'unsupported_grant_type',
    error_description: expect.stringContaining('Apex'),
  });
  const saml = await ask('urn:ietf:params:oauth:grant-type:saml2-bearer', {}).expect(400);
  expect(saml.body).toMatchObject({ error_description: expect.stringContaining('SAML') });
  const registered = await supertest(org.server).post('/services/oauth2/register').expect(400);
  expect(registered.body).toMatchObject({ error: 'invalid_client_metadata' });
});
