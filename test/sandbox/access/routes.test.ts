import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { createUiRouter } from '../../../sandbox/ui/router.ts';
import { until } from '../../support/until.ts';
import { openOrgWithUsers, type OrgWithUsers } from './org-with-users.ts';

/** Every API asked by every kind of caller who must not get what he asks for. */
let org: OrgWithUsers;
const tokens: Record<string, string> = {};
let contact = '';

beforeAll(async () => {
  org = await openOrgWithUsers();
  const people = {
    standard: 'Standard User',
    narrow: 'Minimum Access - API Only Integrations',
    pages: 'Minimum Access - Salesforce',
  };
  for (const [name, profile] of Object.entries(people)) {
    await org.makeUser(`${name}@routes.example`, profile);
    tokens[name] = (await org.caller(`${name}@routes.example`)).token;
  }
  tokens['admin'] = org.admin.token;
  const made = await org.admin.ask('POST', 'sobjects/Contact', { LastName: 'Seen' });
  contact = /"id":"(\w+)"/.exec(JSON.stringify(made.body))?.[1] ?? '';
}, 60_000);

afterAll(async () => {
  await org[Symbol.asyncDispose]();
});

interface Ask {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
  readonly type?: string;
  readonly header?: string;
}

const envelope = (namespace: string, call: string, token: string): string =>
  `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns="${namespace}"><s:Header><SessionHeader><sessionId>${token}</sessionId></SessionHeader></s:Header><s:Body>${call}</s:Body></s:Envelope>`;

async function ask(
  { method, path, body, type = 'application/json', header }: Ask,
  token: string | undefined,
) {
  const credentials: Record<string, string> =
    token === undefined
      ? {}
      : header === undefined
        ? { Authorization: `Bearer ${token}` }
        : { [header]: token };
  const response = await fetch(`${org.url}${path.replace('{contact}', contact)}`, {
    method,
    redirect: 'manual',
    headers: { ...credentials, ...(body === undefined ? {} : { 'Content-Type': type }) },
    ...(body === undefined ? {} : { body: body.replace('{token}', token ?? '') }),
  });
  return { status: response.status, text: await response.text() };
}

const DATA = '/services/data/v60.0';
const query = (soql: string): string => `${DATA}/query?q=${encodeURIComponent(soql)}`;

const REST: readonly Ask[] = [
  { method: 'GET', path: `${DATA}/sobjects` },
  { method: 'GET', path: `${DATA}/sobjects/Contact/describe` },
  { method: 'GET', path: `${DATA}/sobjects/Contact/{contact}` },
  { method: 'POST', path: `${DATA}/sobjects/Contact`, body: '{"LastName":"x"}' },
  { method: 'PATCH', path: `${DATA}/sobjects/Contact/{contact}`, body: '{"LastName":"x"}' },
  { method: 'DELETE', path: `${DATA}/sobjects/Contact/{contact}` },
  { method: 'GET', path: query('SELECT Id FROM Contact') },
  {
    method: 'GET',
    path: `${DATA}/search?q=${encodeURIComponent('FIND {Seen} RETURNING Contact')}`,
  },
  { method: 'POST', path: `${DATA}/composite`, body: '{"compositeRequest":[]}' },
  { method: 'POST', path: `${DATA}/composite/sobjects`, body: '{"records":[]}' },
  { method: 'GET', path: `${DATA}/limits` },
  { method: 'GET', path: `${DATA}/recent` },
  { method: 'GET', path: `${DATA}/chatter/users/me` },
  {
    method: 'GET',
    path: `${DATA}/tooling/query?q=${encodeURIComponent('SELECT Id FROM ApexClass')}`,
  },
  { method: 'POST', path: `${DATA}/graphql`, body: '{"query":"{ uiapi { __typename } }"}' },
  { method: 'GET', path: `${DATA}/analytics/reports` },
  { method: 'GET', path: `${DATA}/process/approvals` },
  { method: 'GET', path: `${DATA}/ui-api/object-info/Contact` },
  { method: 'GET', path: `${DATA}/jobs/ingest` },
  {
    method: 'POST',
    path: `${DATA}/jobs/ingest`,
    body: '{"object":"Contact","operation":"insert"}',
  },
  {
    method: 'POST',
    path: `${DATA}/jobs/query`,
    body: '{"operation":"query","query":"SELECT Id FROM Contact"}',
  },
  {
    method: 'POST',
    path: `${DATA}/metadata/deployRequest`,
    body: '{"validatedDeployRequestId":"0Af"}',
  },
  { method: 'GET', path: `${DATA}/event/eventSchema/x` },
  { method: 'GET', path: '/services/apexrest/Nothing' },
];

describe('REST', () => {
  test.each(REST)('$method $path is for callers with a session of the API alone', async (asked) => {
    for (const token of [undefined, 'rubbish', `${org.org.orgId.slice(0, 15)}!AQ.forged`]) {
      const { status, text } = await ask(asked, token);
      expect({ status, text }).toMatchObject({
        status: 401,
        text: expect.stringContaining('INVALID_SESSION_ID'),
      });
    }
    expect(await ask(asked, tokens['pages'])).toMatchObject({
      status: 403,
      text: expect.stringContaining('API_DISABLED_FOR_ORG'),
    });
  });
});

const ABOUT_CONTACT: readonly (Ask & { readonly says: RegExp })[] = [
  { method: 'GET', path: `${DATA}/sobjects/Contact/describe`, says: /NOT_FOUND/ },
  { method: 'GET', path: `${DATA}/sobjects/Contact/{contact}`, says: /NOT_FOUND/ },
  { method: 'POST', path: `${DATA}/sobjects/Contact`, body: '{"LastName":"x"}', says: /NOT_FOUND/ },
  { method: 'DELETE', path: `${DATA}/sobjects/Contact/{contact}`, says: /NOT_FOUND/ },
  { method: 'GET', path: query('SELECT Id FROM Contact'), says: /INVALID_TYPE/ },
  {
    method: 'GET',
    path: query('SELECT Id, (SELECT Id FROM Contacts) FROM User'),
    says: /INVALID_TYPE/,
  },
  {
    method: 'POST',
    path: `${DATA}/jobs/ingest`,
    body: '{"object":"Contact","operation":"insert"}',
    says: /INVALIDENTITY|INVALID/,
  },
  { method: 'GET', path: `${DATA}/sobjects/PermissionSet/describe`, says: /NOT_FOUND/ },
  {
    method: 'POST',
    path: `${DATA}/metadata/deployRequest`,
    body: '{}',
    says: /INSUFFICIENT_ACCESS/,
  },
  {
    method: 'PUT',
    path: '/admin/connected-apps/x',
    body: '{"name":"x"}',
    says: /INSUFFICIENT_ACCESS|permission/,
  },
  {
    method: 'POST',
    path: '/admin/seed',
    body: '{"object":"Contact","count":1,"seed":1}',
    says: /INSUFFICIENT_ACCESS|permission/,
  },
];

test.each(ABOUT_CONTACT)(
  '$method $path does not exist for who has not been granted it',
  async (asked) => {
    const { status, text } = await ask(asked, tokens['narrow']);
    expect({ status, text }).toMatchObject({ text: expect.stringMatching(asked.says) });
    expect(status).toBeGreaterThanOrEqual(400);
  },
);

test.each([
  'GET /admin/settings',
  'GET /admin/faults',
  'POST /admin/seed',
  'DELETE /admin/faults',
  'POST /admin/snapshots/x',
  'PUT /admin/connected-apps/x',
])('%s is for administrators', async (route) => {
  const [method = '', path = ''] = route.split(' ');
  const asked = { method, path, ...(method === 'GET' ? {} : { body: '{}' }) };
  expect((await ask(asked, undefined)).status).toBe(401);
  for (const name of ['standard', 'narrow', 'pages'])
    expect((await ask(asked, tokens[name])).status).toBe(403);
});

const PARTNER = 'urn:partner.soap.sforce.com';
const METADATA = 'http://soap.sforce.com/2006/04/metadata';
const soap = (path: string, namespace: string, call: string): Ask => ({
  method: 'POST',
  path,
  type: 'text/xml',
  body: envelope(namespace, call, '{token}'),
});

describe('SOAP', () => {
  const calls: readonly (readonly [string, Ask])[] = [
    [
      'query',
      soap(
        '/services/Soap/u/60.0',
        PARTNER,
        '<query><queryString>SELECT Id FROM Contact</queryString></query>',
      ),
    ],
    ['getUserInfo', soap('/services/Soap/u/60.0', PARTNER, '<getUserInfo/>')],
    ['delete', soap('/services/Soap/u/60.0', PARTNER, '<delete><ids>{contact}</ids></delete>')],
    [
      'describeGlobal',
      soap('/services/Soap/c/60.0', 'urn:enterprise.soap.sforce.com', '<describeGlobal/>'),
    ],
  ];
  test.each(calls)('%s needs a session of the API', async (_name, asked) => {
    for (const token of ['', 'rubbish']) {
      const { status, text } = await ask(asked, token);
      expect({ status, text }).toMatchObject({
        status: 500,
        text: expect.stringContaining('INVALID_SESSION_ID'),
      });
    }
    expect((await ask(asked, tokens['pages'])).text).toMatch(
      /API_DISABLED_FOR_ORG|API_CURRENTLY_DISABLED/,
    );
  });

  test('the Metadata API is for who may customize', async () => {
    const asked = soap(
      '/services/Soap/m/60.0',
      METADATA,
      '<describeMetadata><asOfVersion>60.0</asOfVersion></describeMetadata>',
    );
    expect((await ask(asked, 'rubbish')).text).toContain('INVALID_SESSION_ID');
    for (const name of ['standard', 'narrow', 'pages'])
      expect((await ask(asked, tokens[name])).text).toMatch(/INSUFFICIENT_ACCESS|API_DISABLED/);
    expect((await ask(asked, tokens['admin'])).text).toContain('PermissionSet');
  });
});

test('Bulk 1 answers in its own words', async () => {
  const body =
    '<?xml version="1.0"?><jobInfo xmlns="http://www.force.com/2009/06/asyncapi/dataload"><operation>insert</operation><object>Contact</object><contentType>CSV</contentType></jobInfo>';
  const asked = {
    method: 'POST',
    path: '/services/async/60.0/job',
    type: 'application/xml',
    body,
    header: 'X-SFDC-Session',
  };
  for (const token of [undefined, 'rubbish']) {
    const { status, text } = await ask(asked, token);
    expect(text).toContain('InvalidSessionId');
    expect([400, 401]).toContain(status);
  }
  for (const name of ['pages', 'narrow']) {
    const { status } = await ask(asked, tokens[name]);
    expect(status).toBeGreaterThanOrEqual(400);
  }
  expect((await ask(asked, tokens['standard'])).status).toBe(201);
});

test('CometD shakes hands with callers of the API alone', async () => {
  const asked = {
    method: 'POST',
    path: '/cometd/60.0',
    body: '[{"channel":"/meta/handshake","version":"1.0","supportedConnectionTypes":["long-polling"]}]',
  };
  for (const token of [undefined, 'rubbish', tokens['pages']])
    expect((await ask(asked, token)).text).toMatch(/401::|403::/);
  expect((await ask(asked, tokens['standard'])).text).toContain('"successful":true');
});

describe('two users', () => {
  test('set their own passwords, and who manages users everybody’s', async () => {
    const path = (id: string): string => `${DATA}/sobjects/User/${id}/password`;
    const mine = { method: 'POST', body: '{"NewPassword":"a longer password"}' };
    const standard = await org.caller('standard@routes.example');
    expect((await ask({ ...mine, path: path(org.admin.id) }, standard.token)).status).toBe(403);
    expect((await ask({ ...mine, path: path(standard.id) }, standard.token)).status).toBe(204);
    expect((await org.logIn('standard@routes.example')).status).toBe(400);
    const back = { method: 'POST', body: '{"NewPassword":"correct horse battery"}' };
    expect((await ask({ ...back, path: path(standard.id) }, tokens['admin'])).status).toBe(204);
    expect((await org.logIn('standard@routes.example')).status).toBe(200);
  });

  test('do not read each other’s cursors, jobs and sessions', async () => {
    const own = await ask(
      {
        method: 'POST',
        path: `${DATA}/jobs/query`,
        body: '{"operation":"query","query":"SELECT Id FROM Account"}',
      },
      tokens['admin'],
    );
    const id = /"id":"(\w+)"/.exec(own.text)?.[1] ?? '';
    await until(
      async () => {
        const { text } = await ask(
          { method: 'GET', path: `${DATA}/jobs/query/${id}` },
          tokens['admin'],
        );
        return text.includes('JobComplete') ? true : undefined;
      },
      { what: 'the job to end' },
    );
    expect(
      (await ask({ method: 'GET', path: `${DATA}/jobs/query/${id}` }, tokens['standard'])).status,
    ).toBeGreaterThanOrEqual(400);
    const identity = await ask(
      { method: 'GET', path: `/id/${org.org.orgId}/${org.org.adminUserId}` },
      tokens['standard'],
    );
    expect(identity).toEqual({ status: 403, text: 'Wrong_Org' });
  });
});

/** The routes of the pages, with something real in place of their parameters. */
function pageRoutes(): readonly { method: string; path: string }[] {
  return createUiRouter(org.org).stack.flatMap(({ route }) => {
    if (route === undefined || typeof route.path !== 'string') return [];
    const path = route.path
      .replace(':object', 'Contact')
      .replace(':field', 'AccountId')
      .replace(':id', contact)
      .replaceAll(/:\w+/g, 'x');
    const methods = new Set(route.stack.map(({ method }) => method.toUpperCase()));
    return [...methods].map((method) => ({ method, path }));
  });
}

/** The cookies of a browser in which a user has logged in. */
async function logIn(username: string): Promise<string> {
  const jar = new Map<string, string>();
  const go = async (path: string, form?: Record<string, string>): Promise<string> => {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(`${org.url}${path}`, {
      redirect: 'manual',
      headers: { Cookie: cookie },
      ...(form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form) }),
    });
    for (const set of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      jar.set(name, value);
    }
    return response.text();
  };
  const csrf = /name="csrf" value="([^"]*)"/.exec(await go('/?ec=302'))?.[1] ?? '';
  await go('/', { csrf, username, pw: 'correct horse battery' });
  return `sid=${jar.get('sid') ?? ''}`;
}

async function visit(method: string, path: string, cookie: string) {
  const response = await fetch(`${org.url}${path}`, {
    method,
    redirect: 'manual',
    headers: { Cookie: cookie },
    ...(method === 'POST' ? { body: new URLSearchParams({ csrf: 'forged' }) } : {}),
  });
  return {
    status: response.status,
    location: response.headers.get('location') ?? '',
    text: await response.text(),
  };
}

describe('pages', () => {
  test('lead whoever has not logged in to the login, and only there', async () => {
    const routes = pageRoutes().filter(({ path }) => path !== '/');
    expect(routes.length).toBeGreaterThan(15);
    for (const { method, path } of routes) {
      const { status, location, text } = await visit(method, path, '');
      const asset = status === 200 && /\.(css|js|svg|ico)$/.test(path);
      if (!asset)
        expect({ method, path, status, location, text: text.slice(0, 60) }).toMatchObject({
          status: 302,
          location: expect.stringMatching(/^\/\?ec=302/),
        });
    }
  });

  test('take no form that another site could have sent', async () => {
    const cookie = await logIn('standard@routes.example');
    expect((await visit('GET', '/', cookie)).status).toBe(200);
    const forms = pageRoutes().filter(({ method }) => method === 'POST');
    expect(forms.length).toBeGreaterThan(3);
    for (const { method, path } of forms) {
      const { status } = await visit(method, path, cookie);
      expect({ path, status }).toEqual({ path, status: 403 });
    }
  });

  test('show an object only to who may see it, and the setup to who may see that', async () => {
    const narrow = await logIn('pages@routes.example');
    expect((await visit('GET', '/ui/objects/Contact', narrow)).status).toBe(404);
    expect((await visit('GET', `/${contact}`, narrow)).status).toBe(404);
    const standard = await logIn('standard@routes.example');
    expect((await visit('GET', `/${contact}`, standard)).text).toContain('Seen');
    for (const { method, path } of pageRoutes().filter((route) => route.path.startsWith('/setup')))
      expect({ path, status: (await visit(method, path, standard)).status }).toEqual({
        path,
        status: 403,
      });
  });

  test('are not for users of the API alone', async () => {
    const cookie = await logIn('narrow@routes.example');
    expect((await visit('GET', '/', cookie)).status).not.toBe(200);
  });
});
