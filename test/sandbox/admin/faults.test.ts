import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';

import { ADMIN_ROUTES } from '../../../sandbox/admin/routes.ts';
import { serveOrg, type ServedOrg } from '../rest/serve-org.ts';

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
