import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';

import { ADMIN_ROUTES } from '../../../sandbox/admin/routes.ts';
import { serveOrg, type ServedOrg } from '../rest/serve-org.ts';
import { deploy, metadataXml } from '../support/deploy.ts';

let org: ServedOrg;
beforeAll(async () => {
  org = await serveOrg();
});
afterEach(async () => {
  await org.ask('DELETE', '/admin/faults');
});
afterAll(async () => {
  await org[Symbol.asyncDispose]();
});

describe('the admin API', () => {
  test('lists what it has, and each of it is there', async () => {
    const { status, body } = await org.ask('GET', '/admin');
    expect(status).toBe(200);
    expect(body).toMatchObject({ routes: ADMIN_ROUTES.map(([route]) => ({ route })) });
    for (const [route] of ADMIN_ROUTES) {
      const [method = '', path = ''] = route.split(' ');
      if (method === 'DELETE') continue;
      const answer = await org.ask(
        method,
        path.replace(/:\w+/, 'no-Such'),
        method === 'GET' ? undefined : {},
      );
      if (answer.status === 404)
        expect(answer.body).not.toMatchObject([
          { message: 'The requested resource does not exist' },
        ]);
    }
  });

  test('is closed to who is not the administrator, and says what is wrong with what it is asked', async () => {
    const closed = await fetch(`${org.url}/admin`, { headers: { authorization: 'Bearer x' } });
    expect(closed.status).toBe(401);
    expect(await org.ask('PATCH', '/admin/settings', { eventDelay: { minMs: 5 } })).toMatchObject({
      status: 400,
      body: [
        {
          errorCode: 'INVALID_INPUT',
          message: expect.stringMatching(/eventDelay\.maxMs: .*GET \/admin lists what there is/),
        },
      ],
    });
    expect(await org.ask('PATCH', '/admin/settings', { nothing: 1 })).toMatchObject({
      status: 400,
      body: [{ message: expect.stringContaining('nothing') }],
    });
  });
});

describe('a fault that is injected', () => {
  test.each([
    [500, 'UNKNOWN_EXCEPTION'],
    [503, 'SERVER_UNAVAILABLE'],
    [401, 'INVALID_SESSION_ID'],
    [403, 'REQUEST_LIMIT_EXCEEDED'],
  ])('answers %i %s, once, and then all is well', async (status, errorCode) => {
    await inject({
      point: 'request',
      subject: 'GET .*/limits',
      effect: { kind: 'refuse', errorCode, message: 'injected', status },
    });
    expect(await org.ask('GET', 'limits')).toMatchObject({
      status,
      body: [{ errorCode, message: 'injected' }],
    });
    expect(await org.ask('GET', 'limits')).toMatchObject({ status: 200 });
  });

  test.each([
    ['Soap/u/60.0', '<faultcode>sf:SERVER_UNAVAILABLE</faultcode>', 500],
    ['Soap/m/60.0', '<faultcode>sf:SERVER_UNAVAILABLE</faultcode>', 500],
    ['async/60.0/job', '<exceptionCode>Unknown</exceptionCode>', 503],
  ])('is told in the language of /services/%s', async (path, words, status) => {
    await inject({
      point: 'request',
      subject: '^POST /services',
      effect: { kind: 'refuse', errorCode: 'SERVER_UNAVAILABLE', message: 'injected' },
    });
    const answer = await fetch(`${org.url}/services/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'text/xml' },
      body: '<x/>',
    });
    const text = await answer.text();
    expect(text).toContain(words);
    expect(text).toContain('injected');
    expect(answer.status).toBe(status);
  });

  test('answers late', async () => {
    await inject({ point: 'request', subject: 'limits', effect: { kind: 'delay', ms: 300 } });
    const started = performance.now();
    expect(await org.ask('GET', 'limits')).toMatchObject({ status: 200 });
    expect(performance.now() - started).toBeGreaterThanOrEqual(299);
  });
});

test('seeded records have parents, and values in fields that were added', async () => {
  const make = async (FullName: string, Metadata: object): Promise<void> => {
    const made = await org.ask('POST', 'tooling/sobjects/CustomField', { FullName, Metadata });
    expect(made).toMatchObject({ status: 201 });
  };
  await make('Opportunity.Weight__c', { label: 'Weight', type: 'Number', precision: 8, scale: 2 });
  await org.ask('POST', '/admin/seed', { object: 'Account', count: 5, seed: 3 });
  await org.ask('POST', '/admin/seed', { object: 'Opportunity', count: 20, seed: 3 });
  const { rows } = await org.org.pool.query(
    'select accountid, weight__c from org.opportunity where weight__c is not null',
  );
  expect(rows.length).toBeGreaterThan(0);
  const accounts = z.array(z.object({ accountid: z.string().nullable() })).parse(rows);
  expect(accounts.every(({ accountid }) => accountid?.startsWith('001'))).toBe(true);
});

test('seeded records of a custom object have the parents its lookups ask for', async () => {
  const parcel = metadataXml(
    'CustomObject',
    `<label>Parcel</label><pluralLabel>Parcels</pluralLabel><nameField><label>Name</label><type>Text</type></nameField>
     <sharingModel>ReadWrite</sharingModel><deploymentStatus>Deployed</deploymentStatus>
     <fields><fullName>Buyer__c</fullName><label>Buyer</label><type>Lookup</type><referenceTo>Account</referenceTo><relationshipName>Parcels</relationshipName></fields>`,
  );
  const files = { 'objects/Parcel__c.object': parcel };
  expect(await deploy(org.org, { CustomObject: ['Parcel__c'] }, files)).toEqual([]);
  await org.ask('POST', '/admin/seed', { object: 'Account', count: 5, seed: 4 });
  const seeded = await org.ask('POST', '/admin/seed', { object: 'Parcel__c', count: 20, seed: 4 });
  expect(seeded).toMatchObject({ status: 200, body: { created: 20 } });
  const { rowCount } = await org.org.pool.query(
    'select from org.parcel__c parcel join org.account on account.id = parcel.buyer__c',
  );
  expect(rowCount).toBeGreaterThan(0);
});

test('the clock may be moved back, and stamps follow it', async () => {
  const HOUR_MS = 3_600_000;
  await org.ask('PATCH', '/admin/settings', { clockOffsetMs: -HOUR_MS });
  try {
    const { body } = await org.ask('POST', 'sobjects/Account', { Name: 'Of an hour ago' });
    const { id } = z.object({ id: z.string() }).parse(body);
    const read = await org.ask('GET', `sobjects/Account/${id}?fields=CreatedDate`);
    const { CreatedDate } = z.object({ CreatedDate: z.string() }).parse(read.body);
    expect(Date.parse(CreatedDate)).toBeLessThan(Date.now() - HOUR_MS + 1);
  } finally {
    await org.ask('PATCH', '/admin/settings', { clockOffsetMs: 0 });
  }
});

test('an upsert that updates answers with a body from version 46.0 on, and with none before', async () => {
  await org.ask('POST', 'tooling/sobjects/CustomField', {
    FullName: 'Account.Key__c',
    Metadata: { label: 'Key', type: 'Text', length: 20, externalId: true, unique: true },
  });
  const upsert = (version: string) =>
    org.ask('PATCH', `/services/data/v${version}/sobjects/Account/Key__c/k1`, { Name: 'Keyed' });
  expect(await upsert('45.0')).toMatchObject({ status: 201, body: { created: true } });
  expect(await upsert('45.0')).toMatchObject({ status: 204 });
  expect(await upsert('46.0')).toMatchObject({ status: 200, body: { created: false } });
});

test('putting a snapshot back leaves the tables alone that have not changed', async () => {
  await org.ask('POST', '/admin/snapshots/quick');
  const physical = async () =>
    (
      await org.org.pool.query(
        'select min(ctid::text) as at, max(xmin::text) as by from org.profile',
      )
    ).rows;
  const before = await physical();
  await org.ask('POST', 'sobjects/Account', { Name: 'Not to stay' });
  const { status } = await org.ask('POST', '/admin/snapshots/quick/restore');
  expect(status).toBe(200);
  expect(await physical()).toEqual(before);
  const { rowCount } = await org.org.pool.query(
    "select from org.account where name = 'Not to stay'",
  );
  expect(rowCount).toBe(0);
});

async function inject(rule: object): Promise<void> {
  expect(await org.ask('POST', '/admin/faults', rule)).toMatchObject({ status: 201 });
}
