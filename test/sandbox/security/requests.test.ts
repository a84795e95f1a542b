import { gzipSync } from 'node:zlib';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';

import { defineApp } from '../../../sandbox/oauth/prepare.ts';
import { oauthPorts } from '../../../sandbox/oauth/router.ts';
import { openOrgWithUsers, type OrgWithUsers } from '../access/org-with-users.ts';

/** Requests that are made to break something: each is refused in Salesforce's shape, and costs little. */
let org: OrgWithUsers;

beforeAll(async () => {
  org = await openOrgWithUsers();
}, 60_000);

afterAll(async () => {
  await org[Symbol.asyncDispose]();
});

const DATA = '/services/data/v60.0';
const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;

async function send(path: string, init: RequestInit = {}) {
  const response = await fetch(`${org.url}${path}`, {
    redirect: 'manual',
    ...init,
    headers: {
      Authorization: `Bearer ${org.admin.token}`,
      'Content-Type': 'application/json',
      ...z.record(z.string(), z.string()).parse(init.headers ?? {}),
    },
  });
  return {
    status: response.status,
    location: response.headers.get('location'),
    cookie: response.headers.get('set-cookie'),
    text: await response.text(),
  };
}

describe('a body', () => {
  test('that is nested beyond the bound is no JSON', async () => {
    const record = `{"method":"POST","url":"${DATA}/sobjects/Account","referenceId":"a","body":{"Name":${nested(20_000)}}}`;
    const answer = await send(`${DATA}/composite`, {
      method: 'POST',
      body: `{"compositeRequest":[${record}]}`,
    });
    expect(answer).toMatchObject({
      status: 400,
      text: expect.stringContaining('JSON_PARSER_ERROR'),
    });
  });

  test('whose brackets stand in texts is not nested', async () => {
    const Name = '[{"\\'.repeat(60);
    const answer = await org.admin.ask('POST', 'sobjects/Account', {
      Name,
      Description: '['.repeat(2_000),
    });
    expect(answer.status).toBe(201);
  });

  test('that does not unpack, or unpacks to too much, is the caller’s mistake', async () => {
    const packed = { method: 'POST', headers: { 'Content-Encoding': 'gzip' } };
    const account = `${DATA}/sobjects/Account`;
    expect(await send(account, { ...packed, body: 'no gzip' })).toMatchObject({ status: 400 });
    const bomb = gzipSync(Buffer.alloc(100_000_000, ' '));
    expect(await send(account, { ...packed, body: new Uint8Array(bomb) })).toMatchObject({
      status: 413,
    });
  });
});

describe('GraphQL', () => {
  const ask = async (query: string) =>
    JSON.stringify((await org.admin.ask('POST', 'graphql', { query })).body);

  test('a document nested beyond the bound is malformed', async () => {
    expect(await ask(`${'{a'.repeat(4_000)}${'}'.repeat(4_000)}`)).toContain('nested too deeply');
  });

  test('fragments that double with each level are not opened to the end', async () => {
    const levels = Array.from({ length: 30 }, (_, level) => {
      const next = `{ ...f${level + 1} }`;
      return `fragment f${level} on User { Id Manager ${next} CreatedBy ${next} }`;
    });
    const query = `{ uiapi { query { User { edges { node { ...f0 } } } } } } ${levels.join(' ')} fragment f30 on User { Id }`;
    expect(await ask(query)).toContain('QUERY_TOO_COMPLICATED');
  });
});

test('a filter logic nested beyond the bound is invalid', async () => {
  const reportFilters = [{ column: 'ACCOUNT.NAME', operator: 'equals', value: 'a' }];
  for (const reportBooleanFilter of [
    `${'('.repeat(9_000)}1${')'.repeat(9_000)}`,
    `${'NOT '.repeat(9_000)}1`,
  ]) {
    const answer = await org.admin.ask('POST', 'analytics/reports/query', {
      reportMetadata: {
        reportType: { type: 'AccountList' },
        reportFormat: 'TABULAR',
        detailColumns: ['ACCOUNT.NAME'],
        reportFilters,
        reportBooleanFilter,
      },
    });
    expect(answer).toMatchObject({ status: 400, body: [{ errorCode: 'BAD_REQUEST' }] });
  }
});

test('a search with the character NUL is malformed', async () => {
  const answer = await send(
    `${DATA}/search?q=${encodeURIComponent('FIND {a\0b} RETURNING Account')}`,
  );
  expect(answer).toMatchObject({ status: 400, text: expect.stringContaining('MALFORMED_SEARCH') });
});

describe('the pages', () => {
  test('a cookie that somebody else has set malformed is nobody’s session', async () => {
    const answer = await send('/', { headers: { Cookie: 'sid=%E0%A4%A; other=%' } });
    expect(answer).toMatchObject({ status: 200, text: expect.stringContaining('password') });
  });

  test.each([
    '//elsewhere.example',
    '/.//elsewhere.example',
    '/x/..//elsewhere.example',
    '/%2e//elsewhere.example',
    '/\\elsewhere.example',
    '/\t/elsewhere.example',
    'https://elsewhere.example',
    'javascript:alert(1)',
  ])('nothing leads from the front door to %j', async (target) => {
    const query = new URLSearchParams({ sid: org.admin.token, retURL: target });
    const { status, location } = await send(`/secur/frontdoor.jsp?${query.toString()}`);
    expect(status).toBe(302);
    expect(new URL(location ?? '', 'http://org.example').host).toBe('org.example');
  });

  test('a token that covers the API alone opens no page, whatever it is called', async () => {
    await defineApp(oauthPorts(org.org), {
      clientId: 'api-alone',
      clientSecret: 'api-alone-secret',
      name: 'API alone',
      callbackUrls: [],
      scopes: ['api'],
    });
    const body = new URLSearchParams({
      grant_type: 'password',
      client_id: 'api-alone',
      client_secret: 'api-alone-secret',
      username: 'admin@landbridge.example',
      password: org.org.config.password,
    });
    const issued = await fetch(`${org.url}/services/oauth2/token`, { method: 'POST', body });
    const { access_token: token } = z
      .object({ access_token: z.string(), scope: z.literal('api') })
      .parse(await issued.json());
    for (const name of ['sid', 'otp']) {
      const query = new URLSearchParams({ [name]: token, retURL: '/' });
      const { cookie, location } = await send(`/secur/frontdoor.jsp?${query.toString()}`);
      expect({ name, cookie, location }).toMatchObject({
        name,
        cookie: null,
        location: '/?ec=302&startURL=%2F',
      });
    }
  });

  test('the word of a front door is good for that alone, and once', async () => {
    const made = await send('/services/oauth2/singleaccess');
    const { frontdoor_uri: address } = z
      .object({ frontdoor_uri: z.string() })
      .parse(JSON.parse(made.text));
    const { pathname, search, searchParams } = new URL(address);
    const otp = searchParams.get('otp') ?? '';
    const asCookie = await send('/ui/objects', { headers: { Cookie: `sid=${otp}` } });
    expect(asCookie.location).toContain('ec=302');
    const asToken = await send(`${DATA}/limits`, { headers: { Authorization: `Bearer ${otp}` } });
    expect(asToken.status).toBe(401);
    expect((await send(pathname + search)).cookie).toContain('sid=');
    expect((await send(pathname + search)).cookie).toBeNull();
  });
});

describe('a multipart body', () => {
  const post = (boundary: string, body: string) =>
    send(`${DATA}/sobjects/Account`, {
      method: 'POST',
      headers: { 'Content-Type': `multipart/form-data${boundary}` },
      body,
    });
  const part = (name: string, content: string): string =>
    `--x\r\nContent-Disposition: form-data; name="${name}"\r\nContent-Type: application/json\r\n\r\n${content}\r\n`;
  const record = '{"Name":"In parts"}';

  test.each([
    ['without a boundary', '', 'anything'],
    ['with too many parts', '; boundary=x', `${part('entity_a', record).repeat(30)}--x--`],
    ['that ends too early', '; boundary=x', part('entity_a', record)],
    [
      'with JSON nested beyond the bound',
      '; boundary=x',
      `${part('entity_a', nested(2_000))}--x--`,
    ],
  ])('%s is the caller’s mistake', async (_, boundary, body) => {
    expect(await post(boundary, body)).toMatchObject({ status: 400 });
  });

  test('with a field named after the prototype has no more fields by it', async () => {
    const made = await post(
      '; boundary=x',
      `${part('entity_a', '{"Name":"In parts","__proto__":{"Site":"x"}}')}--x--`,
    );
    expect(made.status).toBe(201);
    const found = await org.admin.ask(
      'GET',
      "query?q=SELECT+Site+FROM+Account+WHERE+Name='In+parts'",
    );
    expect(found.body).toMatchObject({ records: [{ Site: null }] });
    expect(await post('; boundary=x', `${part('entity_a', record)}--x--`)).toMatchObject({
      status: 201,
    });
  });
});
