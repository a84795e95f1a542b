import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import jsforce from 'jsforce';

import { findHandler, loadApexHandlers } from '../../../sandbox/apexrest/handler.ts';
import { createApexRestRouter } from '../../../sandbox/apexrest/router.ts';
import { createApp } from '../../../sandbox/app.ts';
import type { Authenticator } from '../../../sandbox/session.ts';
import { listen, type Listening } from '../../../src/kit/listen.ts';
import { silentLog } from '../../../src/kit/log.ts';
import { openTestOrg, type TestOrg } from '../support/open-test-org.ts';

let testOrg: TestOrg;
let listening: Listening;
let connection: jsforce.Connection;
beforeAll(async () => {
  testOrg = await openTestOrg();
  const { org } = testOrg;
  const session = {
    userId: org.adminUserId,
    orgId: org.orgId,
    username: 'admin@landbridge.example',
    profileId: org.adminProfileId,
    clientId: null,
    scopes: ['api'],
  };
  const accessToken = '00Dtest!token';
  const authenticator: Authenticator = {
    authenticate: async (token) =>
      token === accessToken ? { ...session, accessToken } : undefined,
  };
  const handlers = await loadApexHandlers(join(import.meta.dirname, 'handlers'));
  const app = createApp({
    log: silentLog,
    health: () => ({ ready: true, parts: {} }),
    routers: [createApexRestRouter(org, authenticator, handlers)],
  });
  const place = {
    port: 0,
    host: '127.0.0.1',
    drainMs: 1_000,
    what: 'the test org',
    variable: 'none',
  };
  listening = await listen(createServer(app), place);
  connection = new jsforce.Connection({
    instanceUrl: `http://127.0.0.1:${listening.port}`,
    accessToken,
  });
});
afterAll(async () => {
  await listening[Symbol.asyncDispose]();
  await testOrg[Symbol.asyncDispose]();
});

test('a stand-in reads and writes records as the caller, and answers without empty fields', async () => {
  const { apex } = connection;
  const id = await apex.post<string>('/Orders/', { Name: 'Acme', Phone: '1' });
  expect(await apex.get(`/Orders/${id}`)).toMatchObject({ Id: id, Name: 'Acme', Phone: '1' });
  const patched = await apex.patch(`/Orders/${id}`, { Phone: null });
  expect(patched).toMatchObject({ Id: id, Name: 'Acme' });
  expect(patched).not.toHaveProperty('Phone');
  await apex.delete(`/Orders/${id}`);
  const { rows } = await testOrg.org.pool.query(
    'select isdeleted, lastmodifiedbyid from org.account where id = $1',
    [id],
  );
  expect(rows).toEqual([{ isdeleted: true, lastmodifiedbyid: testOrg.org.adminUserId }]);
});

test('what a stand-in does not catch is answered as an exception of Apex', async () => {
  await expect(connection.apex.post('/Orders/', { Phone: '1' })).rejects.toMatchObject({
    errorCode: 'APEX_ERROR',
    message: 'System.DmlException: REQUIRED_FIELD_MISSING, Required fields are missing: [Name]',
  });
});

test('a method, a class or a URL that nothing stands in for is refused, the class by its name', async () => {
  const { org, context } = testOrg;
  await expect(connection.apex.put('/Orders/1', {})).rejects.toMatchObject({
    errorCode: 'METHOD_NOT_ALLOWED',
    message: "HTTP Method 'PUT' not allowed. Allowed are GET,POST,PATCH,DELETE",
  });
  await expect(connection.apex.get('/Bills/1')).rejects.toMatchObject({ errorCode: 'NOT_FOUND' });
  const [made] = await org.records.create(context, 'ApexClass', [
    { Name: 'BillsApi', Body: "@RestResource(urlMapping='/Bills/*') global class BillsApi {}" },
  ]);
  expect(made?.errors).toEqual([]);
  await expect(connection.apex.get('/Bills/1')).rejects.toMatchObject({
    errorCode: 'NOT_IMPLEMENTED',
    message: expect.stringContaining('the class BillsApi cannot be executed'),
  });
  await org.pool.query(
    "insert into metadata_components values ('ApexClass', 'Dues', 'Dues.cls', $1, now())",
    [Buffer.from("@RestResource(urlMapping='/Dues/*')\nglobal class Dues {}")],
  );
  await expect(connection.apex.get('/Dues/1')).rejects.toMatchObject({
    message: expect.stringContaining('the class Dues cannot be executed'),
  });
});

test('without a session nothing runs', async () => {
  const stranger = new jsforce.Connection({
    instanceUrl: connection.instanceUrl,
    accessToken: 'x',
  });
  await expect(stranger.apex.get('/Orders/1')).rejects.toMatchObject({
    errorCode: 'INVALID_SESSION_ID',
  });
});

test('the most particular mapping answers', () => {
  const handlers = ['/a/*', '/a/b/*', '/a/b/c'].map((urlMapping) => ({ urlMapping, methods: {} }));
  const found = ['/a/b/c', '/a/b/d', '/a', '/ab', '/'].map(
    (url) => findHandler(handlers, url)?.urlMapping,
  );
  expect(found).toEqual(['/a/b/c', '/a/b/*', '/a/*', undefined, undefined]);
});

test('a folder that is not there is told in one sentence', async () => {
  await expect(loadApexHandlers(join(tmpdir(), 'no-such-handlers'))).rejects.toThrow(
    'The folder of LANDBRIDGE_ORG_APEX_REST cannot be read',
  );
});
