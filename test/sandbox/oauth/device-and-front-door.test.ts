import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import supertest from 'supertest';

import { openSession } from '../../../sandbox/oauth/issue.ts';
import { defineApp } from '../../../sandbox/oauth/prepare.ts';
import { findActiveSession } from '../../../sandbox/oauth/sessions.ts';
import { ADA, hiddenField, PASSWORD, startLoginOrg, type LoginOrg } from './org-for-login.ts';

let org: LoginOrg;
beforeAll(async () => {
  org = await startLoginOrg();
  await defineApp(org.ports, {
    clientId: 'tv',
    clientSecret: undefined,
    name: 'TV',
    callbackUrls: [],
  });
});
afterAll(async () => {
  await org[Symbol.asyncDispose]();
});

describe('device flow', () => {
  test('a device gets tokens once its user has entered its code and agreed', async () => {
    const begun = (
      await token({ response_type: 'device_code', scope: 'api refresh_token' }).expect(200)
    ).body;
    expect(begun.user_code).toMatch(/^[A-Z]{8}$/);
    const ask = { grant_type: 'device', code: String(begun.device_code) };
    await token(ask).expect(400, {
      error: 'authorization_pending',
      error_description: 'end-user has not yet authorized the device',
    });
    await token(ask).expect(400, {
      error: 'slow_down',
      error_description: 'polling too frequently',
    });

    const browser = await loggedIn();
    const asked = await browser
      .get(`/setup/connect?user_code=${String(begun.user_code)}`)
      .expect(200);
    expect(asked.text).toContain('id="oaapprove"');
    await browser
      .post('/setup/connect')
      .type('form')
      .send({
        user_code: String(begun.user_code),
        csrf: hiddenField(asked.text, 'csrf'),
        save: 'Allow',
      })
      .expect(200);

    const { body } = await token(ask).expect(200);
    expect(await findActiveSession(org.ports, String(body.access_token))).toMatchObject({
      user: { id: ADA.id },
    });
    expect(body.refresh_token).toBeDefined();
    await token(ask).expect(400, {
      error: 'invalid_grant',
      error_description: 'invalid device code',
    });
  });

  test('a user who denies, and a code that is too old, give nothing', async () => {
    const denied = (await token({ response_type: 'device_code' })).body;
    const browser = await loggedIn();
    const asked = await browser.get(`/setup/connect?user_code=${String(denied.user_code)}`);
    const form = { user_code: String(denied.user_code), csrf: hiddenField(asked.text, 'csrf') };
    await browser
      .post('/setup/connect')
      .type('form')
      .send({ ...form, csrf: 'forged', save: 'x' })
      .expect(403);
    await browser
      .post('/setup/connect')
      .type('form')
      .send({ ...form, cancel: 'Deny' })
      .expect(200);
    const refused = await token({ grant_type: 'device', code: String(denied.device_code) }).expect(
      400,
    );
    expect(refused.body.error).toBe('access_denied');

    const old = (await token({ response_type: 'device_code' })).body;
    org.advance(10 * 60_000 + 1);
    const expired = await token({ grant_type: 'device', code: String(old.device_code) }).expect(
      400,
    );
    expect(expired.body.error).toBe('invalid_grant');
  });
});

describe('front door', () => {
  test('a token opens the pages; a single-access address does so once', async () => {
    const sid = await openSession(org.ports, org.ports.pool, { kind: 'soap', user: ADA });
    const opened = await supertest(org.server)
      .get(`/secur/frontdoor.jsp?sid=${sid}&retURL=//evil.example`)
      .expect(302);
    expect(opened.headers['location']).toBe('/');
    expect(String(opened.headers['set-cookie'])).toMatch(/^sid=00D.*HttpOnly; SameSite=Lax/);

    const single = await supertest(org.server)
      .get('/services/oauth2/singleaccess')
      .auth(sid, { type: 'bearer' })
      .expect(200);
    const { pathname, search } = new URL(String(single.body.frontdoor_uri));
    const first = await supertest(org.server).get(pathname + search);
    expect(first.headers['location']).toBe('/');
    const second = await supertest(org.server).get(pathname + search);
    expect(second.headers['location']).toMatch(/^\/\?ec=302/);
  });
});

function token(parameters: Readonly<Record<string, string>>): supertest.Test {
  return supertest(org.server)
    .post('/services/oauth2/token')
    .type('form')
    .send({ client_id: 'tv', ...parameters });
}

async function loggedIn(): Promise<ReturnType<typeof supertest.agent>> {
  const browser = supertest.agent(org.server);
  const page = await browser.get('/');
  await browser
    .post('/')
    .type('form')
    .send({ username: ADA.username, pw: PASSWORD, csrf: hiddenField(page.text, 'csrf') })
    .expect(302);
  return browser;
}
