import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { OrgHosts } from '../../../connect/salesforce/hosts.ts';
import { pathOn } from '../../../connect/salesforce/session.ts';
import { ACCESS_TOKEN, RENEWED_TOKEN, startFakeOrg, type FakeOrg } from '../support/fake-org.ts';
import { openSession, type OpenSession } from '../support/open-session.ts';

let org: FakeOrg;
let opened: OpenSession;
const signal = AbortSignal.timeout(30_000);

beforeEach(async () => {
  org = await startFakeOrg();
  opened = openSession(org);
});
afterEach(async () => {
  await opened[Symbol.asyncDispose]();
  await org[Symbol.asyncDispose]();
});

const get = (path: string) => opened.open.session.send({ method: 'GET', path, signal });
const tokenRequests = () => org.requests.filter(({ path }) => path === '/services/oauth2/token');

describe('hosts', () => {
  const hosts = new OrgHosts(['127.0.0.1:5070']);

  test.each([
    'https://login.salesforce.com',
    'https://acme.my.salesforce.com/services/oauth2/token',
    'https://acme--dev.sandbox.my.salesforce.com',
    'http://127.0.0.1:5070',
  ])('%s may have tokens', async (address) => {
    expect((await hosts.check(address)).origin).toBe(new URL(address).origin);
  });

  test.each([
    'http://login.salesforce.com',
    'https://login.salesforce.com:8443',
    'https://evilsalesforce.com',
    'https://salesforce.com.evil.example',
    'https://user@login.salesforce.com',
    'http://127.0.0.1:5071',
    'http://169.254.169.254',
    'https://[::1]',
    'file:///etc/passwd',
    'login.salesforce.com',
    '',
  ])('%s may not', async (address) => {
    await expect(hosts.check(address)).rejects.toThrow(
      expect.objectContaining({ code: 'SALESFORCE_HOST_REFUSED' }),
    );
  });

  test.each(['//evil.example/x?y=1', 'https://evil.example/x?y=1', '/x?y=1'])(
    'the path %s stays on the instance',
    (path) => {
      expect(pathOn('https://acme.my.salesforce.com', path)).toBe(
        'https://acme.my.salesforce.com/x?y=1',
      );
    },
  );
});

describe('a session', () => {
  test('carries the token and names the connection as the origin of its changes', async () => {
    org.answer = () => ({ json: {}, headers: { 'sforce-limit-info': 'api-usage=18/15000' } });
    await get('/services/data/v67.0/limits');
    expect(org.requests[0]?.headers).toMatchObject({
      authorization: `Bearer ${ACCESS_TOKEN}`,
      'sforce-call-options': 'client=landbridge/3f1d6f0a-0f5e-4a53-8f43-2a5a5f0b7a10',
    });
    expect(opened.open.session.usage).toEqual({ used: 18, max: 15_000 });
  });

  test('follows no redirect', async () => {
    await using elsewhere = await startFakeOrg();
    org.answer = () => ({ status: 302, headers: { location: `${elsewhere.url}/metadata` } });
    await expect(get('/services/data/v67.0/limits')).rejects.toMatchObject({
      code: 'SALESFORCE_HOST_REFUSED',
    });
    expect(elsewhere.requests).toEqual([]);
  });

  test('of many requests whose token has ended one gets a new one, and all go on', async () => {
    org.answer = ({ path, headers }) =>
      path === '/x'
        ? headers.authorization === `Bearer ${RENEWED_TOKEN}`
          ? { json: {} }
          : { status: 401, json: [{ errorCode: 'INVALID_SESSION_ID', message: 'Session expired' }] }
        : undefined;
    const answers = await Promise.all(Array.from({ length: 10 }, () => get('/x')));
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(
      Array.from({ length: 10 }, () => 200),
    );
    expect(tokenRequests()).toHaveLength(1);
    expect(Object.fromEntries(new URLSearchParams(tokenRequests()[0]?.body))).toMatchObject({
      grant_type: 'refresh_token',
      refresh_token: 'canary-refresh-token',
    });
  });

  test('a rotated refresh token is kept before the new access token is used', async () => {
    let keptWhenUsed = -1;
    org.answer = ({ path, headers }) => {
      if (path === '/services/oauth2/token') {
        return {
          json: {
            access_token: RENEWED_TOKEN,
            refresh_token: 'rotated',
            instance_url: org.url,
            id: `${org.url}/id/x/y`,
            token_type: 'Bearer',
          },
        };
      }
      if (headers.authorization !== `Bearer ${RENEWED_TOKEN}`) return { status: 401, json: [] };
      keptWhenUsed = opened.renewed.length;
      return { json: {} };
    };
    await get('/x');
    expect(opened.renewed).toMatchObject([{ refreshToken: 'rotated' }]);
    expect(keptWhenUsed).toBe(1);
  });

  test('a revoked token is unauthorized, said so, and not tried again at once', async () => {
    org.answer = ({ path }) =>
      path === '/services/oauth2/token'
        ? {
            status: 400,
            json: { error: 'invalid_grant', error_description: 'expired access/refresh token' },
          }
        : { status: 401, json: [{ errorCode: 'INVALID_SESSION_ID', message: 'Session expired' }] };
    const refused = {
      code: 'SALESFORCE_UNAUTHORIZED',
      message: expect.stringMatching(/invalid_grant/),
    };
    await expect(get('/x')).rejects.toMatchObject(refused);
    await expect(get('/x')).rejects.toMatchObject(refused);
    expect(tokenRequests()).toHaveLength(1);
    expect(opened.open.session.refusal).toMatchObject(refused);
  });

  test('a wrong client secret names the settings to compare', async () => {
    org.answer = ({ path }) =>
      path === '/services/oauth2/token'
        ? {
            status: 400,
            json: { error: 'invalid_client', error_description: 'invalid client credentials' },
          }
        : { status: 401, json: [] };
    await expect(get('/x')).rejects.toThrow(/SF_CLIENT_SECRET/);
  });

  test('new tokens of another host are neither kept nor used', async () => {
    await using elsewhere = await startFakeOrg();
    org.answer = ({ path }) =>
      path === '/services/oauth2/token'
        ? {
            json: {
              access_token: RENEWED_TOKEN,
              instance_url: elsewhere.url,
              id: `${org.url}/id/x/y`,
              token_type: 'Bearer',
            },
          }
        : { status: 401, json: [] };
    await expect(get('/x')).rejects.toMatchObject({ code: 'SALESFORCE_HOST_REFUSED' });
    expect(opened.renewed).toEqual([]);
    expect(elsewhere.requests).toEqual([]);
  });

  test('uses the newest version that both sides know', async () => {
    expect(await opened.open.session.version(signal)).toBe('v67.0');
  });
});
