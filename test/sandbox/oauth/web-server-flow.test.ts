import { createHash, createHmac } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { OAuth2 } from 'jsforce';
import supertest from 'supertest';

import { defineApp } from '../../../sandbox/oauth/prepare.ts';
import { findActiveSession } from '../../../sandbox/oauth/sessions.ts';
import { ADA, hiddenField, PASSWORD, startLoginOrg, type LoginOrg } from './org-for-login.ts';

const CLIENT = {
  clientId: '3MVG9connect',
  clientSecret: 'connect secret',
  redirectUri: 'http://localhost:5055/oauth/salesforce/callback',
};
const VERIFIER = 'v'.repeat(64);
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url');

let org: LoginOrg;
beforeAll(async () => {
  org = await startLoginOrg();
  await defineApp(org.ports, {
    ...CLIENT,
    name: 'Connect <b>',
    callbackUrls: [CLIENT.redirectUri],
  });
  await defineApp(org.ports, {
    clientId: 'rotating',
    clientSecret: 'connect secret',
    name: 'Rotating',
    callbackUrls: [CLIENT.redirectUri],
    rotatesRefreshTokens: true,
    refreshTokenLifetimeSeconds: 3600,
  });
});
afterAll(async () => {
  await org[Symbol.asyncDispose]();
});

describe('web server flow', () => {
  test('a user who logs in and allows the app gives it tokens, which end when they are revoked', async () => {
    const browser = supertest.agent(org.server);
    const begun = await browser
      .get(authorizeUrl({ state: 's/1 ?', prompt: 'consent' }))
      .expect(302);
    expect(begun.headers['location']).toMatch(/^\/\?ec=302&startURL=/);

    const login = await browser.get(String(begun.headers['location'])).expect(200);
    expect(login.text).toContain('id="username"');
    expect(login.text).toContain('id="password"');
    expect(login.text).toContain('name="Login"');
    expect(login.headers['content-security-policy']).toContain(
      "form-action 'self' http://localhost:5055",
    );

    const wrong = await logIn(browser, login.text, 'not the password').expect(200);
    expect(wrong.text).toContain('Please check your username and password');
    const right = await logIn(browser, login.text, PASSWORD).expect(302);

    const consent = await browser.get(String(right.headers['location'])).expect(200);
    expect(consent.text).toContain('id="oaapprove"');
    expect(consent.text).toContain('Connect &lt;b&gt;');
    const allowed = await decide(browser, consent.text, 'save').expect(302);
    const callback = new URL(String(allowed.headers['location']));
    expect(callback.origin + callback.pathname).toBe(CLIENT.redirectUri);
    expect(callback.searchParams.get('state')).toBe('s/1 ?');

    const oauth2 = new OAuth2({ ...CLIENT, loginUrl: org.url });
    const reply = await oauth2.requestToken(String(callback.searchParams.get('code')), {
      code_verifier: VERIFIER,
    });
    expect(reply.access_token).toMatch(/^00D\w{12}![.\w]+$/);
    expect(reply).toMatchObject({
      instance_url: org.url,
      id: `${org.url}/id/00D000000000001EAA/${ADA.id}`,
      token_type: 'Bearer',
      signature: createHmac('sha256', CLIENT.clientSecret)
        .update(`${reply.id}${reply['issued_at']}`)
        .digest('base64'),
    });

    const identity = await supertest(org.server)
      .get(new URL(reply.id).pathname)
      .auth(reply.access_token, { type: 'bearer' });
    expect(identity.body).toMatchObject({
      username: ADA.username,
      user_type: 'STANDARD',
      utcOffset: -28_800_000,
    });
    expect(identity.body).toHaveProperty('id', expect.stringMatching(/^https:/));

    const refreshed = await oauth2.refreshToken(String(reply.refresh_token));
    expect(refreshed.access_token).not.toBe(reply.access_token);
    await oauth2.revokeToken(String(reply.refresh_token));
    await expect(oauth2.refreshToken(String(reply.refresh_token))).rejects.toMatchObject({
      name: 'invalid_grant',
      message: 'expired access/refresh token',
    });
    expect(await findActiveSession(org.ports, refreshed.access_token)).toBeUndefined();
    await supertest(org.server)
      .get('/services/oauth2/userinfo')
      .auth(refreshed.access_token, { type: 'bearer' })
      .expect(403, 'Bad_OAuth_Token');
  });

  test('a code is taken once: its second use ends what the first was given', async () => {
    const code = await obtainCode();
    const first = await exchange({ code, code_verifier: VERIFIER }).expect(200);
    await exchange({ code, code_verifier: VERIFIER }).expect(400, {
      error: 'invalid_grant',
      error_description: 'expired authorization code',
    });
    expect(await findActiveSession(org.ports, String(first.body.access_token))).toBeUndefined();
  });

  test('a code without its verifier, with another, or for another callback gives nothing, and is spent', async () => {
    for (const [wrong, error] of [
      [{}, 'invalid_grant'],
      [{ code_verifier: 'w'.repeat(64) }, 'invalid_grant'],
      [
        { code_verifier: VERIFIER, redirect_uri: 'http://localhost:5055/' },
        'redirect_uri_mismatch',
      ],
    ] as const) {
      const code = await obtainCode();
      const refused = await exchange({ code, ...wrong }).expect(400);
      expect(refused.body).toMatchObject({ error });
      await exchange({ code, code_verifier: VERIFIER }).expect(400);
    }
  });

  test('a code is refused after a quarter of an hour', async () => {
    const code = await obtainCode();
    org.advance(15 * 60_000 + 1);
    const refused = await exchange({ code, code_verifier: VERIFIER }).expect(400);
    expect(refused.body).toMatchObject({
      error: 'invalid_grant',
      error_description: 'expired authorization code',
    });
  });

  test('a callback that nobody registered is never redirected to', async () => {
    const refused = await supertest(org.server).get(
      authorizeUrl({ redirect_uri: 'http://localhost:5055/oauth/salesforce/callback/x' }),
    );
    expect(refused.status).toBe(400);
    expect(refused.headers['location']).toBeUndefined();
    expect(refused.text).toContain('redirect_uri_mismatch');
  });

  test('a user who denies sends access_denied to the app', async () => {
    const browser = supertest.agent(org.server);
    const consent = await openConsent(browser, { prompt: 'consent' });
    const denied = await decide(browser, consent, 'cancel').expect(302);
    expect(new URL(String(denied.headers['location'])).searchParams.get('error')).toBe(
      'access_denied',
    );
  });

  test('neither login nor consent can be posted by another site', async () => {
    const browser = supertest.agent(org.server);
    const consent = await openConsent(browser, { prompt: 'consent' });
    await browser
      .post('/setup/secur/RemoteAccessAuthorizationPage.apexp')
      .type('form')
      .send({ source: hiddenField(consent, 'source'), csrf: 'guess', save: 'Allow' })
      .expect(403);
    const forged = await supertest(org.server)
      .post('/')
      .type('form')
      .send({ username: ADA.username, pw: PASSWORD, csrf: 'guess' });
    expect(forged.status).toBe(200);
    expect(String(forged.headers['set-cookie'])).not.toContain('sid=');
  });

  test('login leads only to paths of the org', async () => {
    for (const startURL of [
      'https://evil.example/',
      '//evil.example/',
      '/\\evil.example',
      'javascript:alert(1)',
    ]) {
      const browser = supertest.agent(org.server);
      const page = await browser.get(`/?ec=302&startURL=${encodeURIComponent(startURL)}`);
      const done = await browser
        .post('/')
        .type('form')
        .send({
          username: ADA.username,
          pw: PASSWORD,
          csrf: hiddenField(page.text, 'csrf'),
          startURL,
        });
      expect(done.headers['location']).toBe('/');
    }
  });

  test('a rotated refresh token that comes back ends the grant', async () => {
    const code = await obtainCode({ client_id: 'rotating' });
    const client = { client_id: 'rotating' };
    const first = await exchange({ code, code_verifier: VERIFIER, ...client }).expect(200);
    const refresh = (token: string) =>
      supertest(org.server)
        .post('/services/oauth2/token')
        .type('form')
        .send({
          grant_type: 'refresh_token',
          refresh_token: token,
          client_secret: CLIENT.clientSecret,
          ...client,
        });
    const second = await refresh(String(first.body.refresh_token)).expect(200);
    expect(second.body.refresh_token).not.toBe(first.body.refresh_token);
    await refresh(String(first.body.refresh_token)).expect(400);
    await refresh(String(second.body.refresh_token)).expect(400);
    expect(await findActiveSession(org.ports, String(second.body.access_token))).toBeUndefined();
  });

  test('a session ends when it has not been used for its timeout, and lives on while it is', async () => {
    const { access_token: token } = (
      await exchange({ code: await obtainCode(), code_verifier: VERIFIER })
    ).body;
    for (let hour = 0; hour < 4; hour += 1) {
      org.advance(3_600_001);
      expect(await findActiveSession(org.ports, String(token))).toBeDefined();
    }
    org.advance(7_200_001);
    expect(await findActiveSession(org.ports, String(token))).toBeUndefined();
  });

  test('no token, code or password can be read in the database', async () => {
    const code = await obtainCode();
    const { access_token: access, refresh_token: refresh } = (
      await exchange({ code, code_verifier: VERIFIER })
    ).body;
    const { rows: tables } = await org.ports.pool.query<{ name: string }>(
      `select table_name as name from information_schema.tables where table_name like 'oauth\\_%'`,
    );
    expect(tables.length).toBeGreaterThan(6);
    for (const { name } of tables) {
      const { rows } = await org.ports.pool.query(`select * from ${name}`);
      const stored = rows
        .map((row) =>
          Object.values(row).map((cell) =>
            Buffer.isBuffer(cell) ? cell.toString('latin1') : JSON.stringify(cell),
          ),
        )
        .flat()
        .join('\n');
      for (const secret of [code, access, refresh, PASSWORD, CLIENT.clientSecret]) {
        expect(stored).not.toContain(String(secret));
      }
    }
  });
});

function authorizeUrl(more: Readonly<Record<string, string>> = {}): string {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: CLIENT.clientId,
    redirect_uri: CLIENT.redirectUri,
    code_challenge: CHALLENGE,
    ...more,
  });
  return `/services/oauth2/authorize?${query.toString()}`;
}

type Browser = ReturnType<typeof supertest.agent>;

function logIn(browser: Browser, page: string, password: string): supertest.Test {
  return browser
    .post('/')
    .type('form')
    .send({
      username: 'ADA@landbridge.example',
      pw: password,
      csrf: hiddenField(page, 'csrf'),
      startURL: hiddenField(page, 'startURL'),
      Login: 'Log In',
    });
}

function decide(browser: Browser, page: string, button: 'save' | 'cancel'): supertest.Test {
  return browser
    .post('/setup/secur/RemoteAccessAuthorizationPage.apexp')
    .type('form')
    .send({ source: hiddenField(page, 'source'), csrf: hiddenField(page, 'csrf'), [button]: 'x' });
}

async function openConsent(
  browser: Browser,
  more: Readonly<Record<string, string>>,
): Promise<string> {
  const begun = await browser.get(authorizeUrl(more));
  const login = await browser.get(String(begun.headers['location']));
  const right = await logIn(browser, login.text, PASSWORD);
  return (await browser.get(String(right.headers['location'])).expect(200)).text;
}

async function obtainCode(more: Readonly<Record<string, string>> = {}): Promise<string> {
  const browser = supertest.agent(org.server);
  const consent = await openConsent(browser, { prompt: 'consent', ...more });
  const allowed = await decide(browser, consent, 'save').expect(302);
  const code = new URL(String(allowed.headers['location'])).searchParams.get('code');
  if (code === null) throw new Error('no code');
  return code;
}

function exchange(parameters: Readonly<Record<string, string>>): supertest.Test {
  return supertest(org.server)
    .post('/services/oauth2/token')
    .type('form')
    .send({
      grant_type: 'authorization_code',
      client_id: CLIENT.clientId,
      client_secret: CLIENT.clientSecret,
      redirect_uri: CLIENT.redirectUri,
      ...parameters,
    });
}
