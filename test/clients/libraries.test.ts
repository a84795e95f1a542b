import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { SignJWT } from 'jose';
import { Connection, OAuth2 } from 'jsforce';

import { defineApp } from '../../sandbox/oauth/prepare.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { startOrgProcess, type OrgProcess } from '../sandbox/bulk/org-process.ts';
import { logInByPages } from './support/log-in-by-pages.ts';

const USERNAME = 'admin@landbridge.example';
const PASSWORD = 'sandbox-password';
const APP = {
  clientId: 'bulk-test',
  clientSecret: 'secret',
  redirectUri: 'http://localhost/callback',
};
const JWT_APP = 'libraries';
const CORE = join(import.meta.dirname, 'support', 'core-process.ts');
const run = promisify(execFile);

// An org of its own and clients that poll by the second.
jest.setTimeout(90_000);

let home: string;
let org: OrgProcess;
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'libraries-'));
  org = await startOrgProcess({
    LANDBRIDGE_ORG_EVENT_DELAY_MS: '0-0',
    LANDBRIDGE_ORG_VISIBILITY_DELAY_MS: '0-0',
  });
  await defineApp(
    { pool: org.pool, clock: systemClock },
    {
      clientId: JWT_APP,
      clientSecret: 'secret',
      name: 'Libraries',
      callbackUrls: [APP.redirectUri],
      certificate: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      approvedUsers: [USERNAME],
      runAsUsername: USERNAME,
    },
  );
  await writeFile(join(home, 'key.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
});
afterAll(async () => {
  await org[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true });
});

describe('jsforce logs in', () => {
  test('by SOAP, and by username and password over OAuth', async () => {
    const bySoap = new Connection({ loginUrl: org.url });
    await bySoap.login(USERNAME, PASSWORD);
    expect(await who(bySoap)).toBe(USERNAME);
    const byPassword = connect(APP.clientId);
    await byPassword.authorize({ grant_type: 'password', username: USERNAME, password: PASSWORD });
    expect(await who(byPassword)).toBe(USERNAME);
    await expect(new Connection({ loginUrl: org.url }).login(USERNAME, 'no')).rejects.toThrow(
      'INVALID_LOGIN',
    );
  });

  test('by an assertion, and by the client’s own credentials', async () => {
    const byAssertion = connect(JWT_APP);
    const assertion = await new SignJWT({ prn: USERNAME })
      .setProtectedHeader({ alg: 'RS256' })
      .setIssuer(JWT_APP)
      .setSubject(USERNAME)
      .setAudience(org.url)
      .setExpirationTime('3m')
      .sign(privateKey);
    const grant_type = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
    await byAssertion.authorize({ grant_type, assertion });
    expect(await who(byAssertion)).toBe(USERNAME);
    const byCredentials = connect(JWT_APP);
    await byCredentials.authorize({ grant_type: 'client_credentials' });
    expect(await who(byCredentials)).toBe(USERNAME);
  });

  test('by an authorization code with PKCE, and goes on by its refresh token when the session is over', async () => {
    const oauth2 = new OAuth2({ ...APP, loginUrl: org.url, useVerifier: true });
    const url = oauth2.getAuthorizationUrl({ scope: 'api refresh_token' });
    const callback = await logInByPages(url, { username: USERNAME, password: PASSWORD });
    const connection = new Connection({ oauth2, loginUrl: org.url });
    await connection.authorize(callback.get('code') ?? '');
    const first = connection.accessToken ?? '';
    await oauth2.revokeToken(first);
    const refreshed: string[] = [];
    connection.on('refresh', (token: string) => refreshed.push(token));
    const queries = [1, 2].map(() => connection.query('SELECT Name FROM Organization'));
    const answers = await Promise.all(queries);
    expect(answers.map(({ totalSize }) => totalSize)).toEqual([1, 1]);
    expect(await who(connection)).toBe(USERNAME);
    expect(refreshed).toEqual([connection.accessToken]);
    expect(refreshed).not.toContain(first);
  });
});

describe('jsforce moves records in bulk', () => {
  test.each(['bulk', 'bulk2'] as const)('in and out by %s', async (api) => {
    const connection = connect(APP.clientId);
    await connection.authorize({ grant_type: 'password', username: USERNAME, password: PASSWORD });
    const records = [1, 2, 3].map((n) => ({ Name: `${api} ${n}`, Description: 'a "b",\nc' }));
    const results =
      api === 'bulk'
        ? await connection.bulk.load('Account', 'insert', [...records, { Name: '' }])
        : await connection.bulk2.loadAndWaitForResults({
            object: 'Account',
            operation: 'insert',
            input: [...records, { Name: '' }],
            pollInterval: 200,
          });
    if (Array.isArray(results)) {
      expect(results.map(({ success }) => success)).toEqual([true, true, true, false]);
    } else {
      expect(results.successfulResults).toHaveLength(3);
      expect(results.failedResults).toMatchObject([
        { sf__Error: expect.stringContaining('REQUIRED_FIELD_MISSING') },
      ]);
    }
    const soql = `SELECT Name, Description FROM Account WHERE Name LIKE '${api} %' ORDER BY Name`;
    const stream =
      api === 'bulk' ? await connection.bulk.query(soql) : await connection.bulk2.query(soql);
    expect(await stream.toArray()).toEqual(records);
  });
});

describe('@salesforce/core', () => {
  test('logs in every way, queries, describes, deploys, makes a user and listens', async () => {
    const oauth2 = new OAuth2({ ...APP, loginUrl: org.url });
    const person = { username: USERNAME, password: PASSWORD };
    const code = async () =>
      (await logInByPages(oauth2.getAuthorizationUrl({ scope: 'full refresh_token' }), person)).get(
        'code',
      ) ?? '';
    const tokens = await oauth2.requestToken(await code());
    const given = {
      url: org.url,
      username: USERNAME,
      keyFile: join(home, 'key.pem'),
      jwtApp: JWT_APP,
      app: APP,
      code: await code(),
      refreshToken: tokens.refresh_token,
      accessToken: tokens.access_token,
    };
    const { stdout } = await run(process.execPath, [CORE, JSON.stringify(given)], {
      env: {
        ...process.env,
        HOME: home,
        SF_USE_GENERIC_UNIX_KEYCHAIN: 'true',
        SF_DISABLE_LOG_FILE: 'true',
      },
      timeout: 80_000,
    });
    expect(JSON.parse(stdout)).toEqual({
      logins: { jwt: USERNAME, accessToken: USERNAME, refreshToken: USERNAME, code: USERNAME },
      orgId: tokens.id.split('/').at(-2),
      fetched: 2_500,
      describesCustom: 'Level__c',
      tooling: ['Level', 'Text'],
      deployed: 'Succeeded',
      user: { profile: 'Standard User', password: true, logsIn: 'made@landbridge.example' },
      events: { pushTopic: 'created', platform: 'by event', generic: 'by push', change: 'CREATE' },
    });
  });
});

function connect(clientId: string): Connection {
  return new Connection({ oauth2: { ...APP, clientId, loginUrl: org.url }, loginUrl: org.url });
}

async function who(connection: Connection): Promise<string> {
  return (await connection.identity()).username;
}
