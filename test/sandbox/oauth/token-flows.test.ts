import { generateKeyPairSync } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createLocalJWKSet, jwtVerify, SignJWT } from 'jose';
import supertest from 'supertest';

import { defineApp } from '../../../sandbox/oauth/prepare.ts';
import { createAuthenticatorOf } from '../../../sandbox/oauth/router.ts';
import { signIdToken } from '../../../sandbox/oauth/id-token.ts';
import { ADA, PASSWORD, startLoginOrg, type LoginOrg } from './org-for-login.ts';

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

let org: LoginOrg;
beforeAll(async () => {
  org = await startLoginOrg();
  const app = { clientSecret: 'secret', callbackUrls: [] };
  const certificate = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  await defineApp(org.ports, {
    ...app,
    clientId: 'approved',
    name: 'A',
    certificate,
    approvedUsers: [ADA.username],
    runAsUsername: ADA.username,
  });
  await defineApp(org.ports, { ...app, clientId: 'unapproved', name: 'U', certificate });
  await defineApp(org.ports, { ...app, clientId: 'closed', name: 'C', adminApprovedOnly: true });
});
afterAll(async () => {
  await org[Symbol.asyncDispose]();
});

describe('JWT bearer flow', () => {
  test('a signed assertion for an approved user gives a token, with `exp` in seconds or milliseconds, `aud` with or without slash', async () => {
    const seconds = Math.floor(Date.now() / 1000) + 180;
    for (const exp of [seconds, Date.now() + 300]) {
      for (const aud of [org.url, `${org.url}/`, 'https://login.salesforce.com']) {
        const { body } = await ask(JWT_BEARER, { assertion: await assertion({ aud, exp }) }).expect(
          200,
        );
        expect(body.access_token).toMatch(/^00D/);
        expect(body).not.toHaveProperty('refresh_token');
      }
    }
  });

  test('is refused for a foreign key, a wrong audience, a past assertion, an unknown or unapproved user, an unknown app', async () => {
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const cases = [
      [await assertion({}, other), 'invalid_grant', 'invalid assertion'],
      [await assertion({ aud: 'https://evil.example' }), 'invalid_grant', 'audience is invalid'],
      [
        await assertion({ exp: Math.floor(Date.now() / 1000) - 3600 }),
        'invalid_grant',
        'assertion expired',
      ],
      [
        await assertion({ sub: 'nobody@landbridge.example' }),
        'invalid_grant',
        "user hasn't approved this consumer",
      ],
      [
        await assertion({ iss: 'unapproved' }),
        'invalid_grant',
        "user hasn't approved this consumer",
      ],
      [await assertion({ iss: 'unknown' }), 'invalid_client_id', 'client identifier invalid'],
      ['not.a.token', 'invalid_grant', 'invalid assertion'],
    ] as const;
    for (const [jwt, error, description] of cases) {
      await ask(JWT_BEARER, { assertion: jwt }).expect(400, {
        error,
        error_description: description,
      });
    }
  });
});

describe('password flow', () => {
  test('gives no refresh token; ten wrong passwords lock the user out for a quarter of an hour', async () => {
    const client = { client_id: 'approved', client_secret: 'secret', username: ADA.username };
    const { body } = await ask('password', { ...client, password: PASSWORD }).expect(200);
    expect(body).not.toHaveProperty('refresh_token');
    for (let wrong = 0; wrong < 10; wrong += 1) {
      await ask('password', { ...client, password: 'wrong' }).expect(400, {
        error: 'invalid_grant',
        error_description: 'authentication failure',
      });
    }
    await ask('password', { ...client, password: PASSWORD }).expect(400);
    org.advance(15 * 60_000 + 1);
    await ask('password', { ...client, password: PASSWORD }).expect(200);
  });

  test('refuses a wrong secret, an unknown client, and a user the administrator has not approved', async () => {
    const user = { username: ADA.username, password: PASSWORD };
    const secret = 'secret';
    const refusals = [
      [{ client_id: 'approved', client_secret: 'x' }, 'invalid_client'],
      [{ client_id: 'approved' }, 'invalid_client'],
      [{ client_id: 'nobody', client_secret: secret }, 'invalid_client_id'],
      [{ client_id: 'closed', client_secret: secret }, 'invalid_app_access'],
    ] as const;
    for (const [client, error] of refusals) {
      const { body } = await ask('password', { ...user, ...client }).expect(400);
      expect(body).toMatchObject({ error });
    }
  });
});

describe('token endpoint', () => {
  test('client credentials run as the user that is set, and only where one is', async () => {
    const basic = (id: string) => `Basic ${Buffer.from(`${id}:secret`).toString('base64')}`;
    const { body } = await ask('client_credentials', {})
      .set('Authorization', basic('approved'))
      .expect(200);
    expect(body.id).toContain(ADA.id);
    await ask('client_credentials', {}).set('Authorization', basic('unapproved')).expect(400, {
      error: 'invalid_grant',
      error_description: 'no client credentials user enabled',
    });
  });

  test('a token without the scope api opens the identity and no data', async () => {
    const { body } = await ask('client_credentials', {
      client_id: 'approved',
      client_secret: 'secret',
      scope: 'openid id',
    }).expect(200);
    const authenticator = createAuthenticatorOf(org.ports);
    expect(await authenticator.authenticate(String(body.access_token))).toBeUndefined();
    await supertest(org.url)
      .get('/services/oauth2/userinfo')
      .auth(String(body.access_token), { type: 'bearer' })
      .expect(200);
  });

  test('names what it does not support', async () => {
    await ask('magic', {}).expect(400, {
      error: 'unsupported_grant_type',
      error_description: 'grant type not supported',
    });
  });

  test('introspection shows a client its own tokens alone', async () => {
    const { body } = await ask('password', {
      client_id: 'approved',
      client_secret: 'secret',
      username: ADA.username,
      password: PASSWORD,
    });
    const introspect = (client: string) =>
      supertest(org.server)
        .post('/services/oauth2/introspect')
        .type('form')
        .send({ token: String(body.access_token), client_id: client, client_secret: 'secret' });
    const own = await introspect('approved').expect(200);
    expect(own.body).toMatchObject({
      active: true,
      username: ADA.username,
      client_id: 'approved',
      token_type: 'access_token',
    });
    await introspect('unapproved').expect(200, { active: false });
  });

  test('an ID token verifies against the published keys', async () => {
    const idToken = await signIdToken(org.ports, {
      user: ADA,
      clientId: 'approved',
      baseUrl: org.url,
      accessToken: 'x',
      nonce: 'n',
    });
    const { body } = await supertest(org.server).get('/id/keys').expect(200);
    const { payload } = await jwtVerify(idToken, createLocalJWKSet(body), {
      issuer: org.url,
      audience: 'approved',
      currentDate: new Date(org.ports.clock.now()),
    });
    expect(payload['nonce']).toBe('n');
  });
});

function ask(grantType: string, parameters: Readonly<Record<string, string>>): supertest.Test {
  return supertest(org.url)
    .post('/services/oauth2/token')
    .type('form')
    .send({ grant_type: grantType, ...parameters });
}

async function assertion(
  claims: Readonly<Record<string, unknown>>,
  key = privateKey,
): Promise<string> {
  return new SignJWT({
    iss: 'approved',
    sub: ADA.username,
    aud: org.url,
    exp: Math.floor(Date.now() / 1000) + 180,
    ...claims,
  })
    .setProtectedHeader({ alg: 'RS256' })
    .sign(key);
}
