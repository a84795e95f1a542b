import http from 'node:http';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';

import { serveOrg, type ServedOrg } from './serve-org.ts';

let org: ServedOrg;
beforeAll(async () => {
  org = await serveOrg();
});
afterAll(async () => {
  await org[Symbol.asyncDispose]();
});

/** Sends a path as it is: fetch would tidy it up. */
async function rawGet(
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ status: number | undefined; text: string }> {
  return new Promise((resolve, reject) => {
    http
      .get(
        org.url,
        { path, headers: { Authorization: `Bearer ${org.token}`, ...headers } },
        (response) => {
          let text = '';
          response.setEncoding('utf8');
          response.on('data', (part: string) => (text += part));
          response.on('end', () => {
            resolve({ status: response.statusCode, text });
          });
        },
      )
      .on('error', reject);
  });
}

test('the list of versions needs no session, and slashes before it do no harm', async () => {
  const Versions = z.array(z.object({ label: z.string(), version: z.string(), url: z.string() }));
  const { status, text } = await rawGet('//services/data', { Authorization: '' });
  expect(status).toBe(200);
  const versions = Versions.parse(JSON.parse(text));
  expect(versions.at(0)?.version).toBe('20.0');
  expect(versions.at(-1)).toEqual({
    label: "Summer '26",
    url: '/services/data/v67.0',
    version: '67.0',
  });
});

test('everything else needs one', async () => {
  expect(
    await org.ask('GET', 'sobjects', undefined, { Authorization: 'Bearer wrong' }),
  ).toMatchObject({
    status: 401,
    body: [{ errorCode: 'INVALID_SESSION_ID', message: 'Session expired or invalid' }],
  });
});

test('every answer tells how many calls are used', async () => {
  const before = await org.ask('GET', 'limits');
  const after = await org.ask('GET', 'sobjects/Nothing');
  const used = (answer: { headers: Headers }): number =>
    Number(/^api-usage=(\d+)\/100000$/.exec(answer.headers.get('sforce-limit-info') ?? '')?.[1]);
  expect(used(after)).toBe(used(before) + 1);
});

test('calls beyond the day are refused', async () => {
  await org.ask('PATCH', '/admin/settings', { requestsPerDayMax: 1 });
  expect(await org.ask('GET', 'sobjects')).toMatchObject({
    status: 403,
    body: [{ errorCode: 'REQUEST_LIMIT_EXCEEDED', message: 'TotalRequests Limit exceeded.' }],
  });
  await org.ask('PATCH', '/admin/settings', { requestsPerDayMax: 100_000 });
  expect(await org.ask('GET', 'sobjects')).toMatchObject({ status: 200 });
});

describe('refusals', () => {
  test.each([
    ['GET', '/services/data/v19.0/sobjects', 404, 'NOT_FOUND'],
    ['GET', '/services/data/v60.0/nothing', 404, 'NOT_FOUND'],
    ['POST', '/services/data/v33.0/composite', 404, 'NOT_FOUND'],
    ['GET', '/services/data/v23.0/limits', 404, 'NOT_FOUND'],
    ['GET', '/services/data/v41.0/composite/sobjects/Contact', 404, 'NOT_FOUND'],
    ['PUT', '/services/data/v60.0/sobjects/Contact', 405, 'METHOD_NOT_ALLOWED'],
    ['GET', '/services/data/v60.0/graphql', 405, 'METHOD_NOT_ALLOWED'],
    ['GET', '/services/data/v60.0/wave/datasets', 501, 'NOT_IMPLEMENTED'],
  ])('%s %s answers %i', async (method, path, status, errorCode) => {
    expect(await org.ask(method, path)).toMatchObject({ status, body: [{ errorCode }] });
  });

  test('a body that is no JSON', async () => {
    const response = await fetch(`${org.url}/services/data/v60.0/sobjects/Contact`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${org.token}`, 'Content-Type': 'application/json' },
      body: '{"LastName":',
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject([{ errorCode: 'JSON_PARSER_ERROR' }]);
  });

  test('a URI over 16 KB and headers over 32 KB', async () => {
    const select = Array.from({ length: 1_600 }, (_, index) => `Field_${index}__c`).join(',');
    expect(
      await rawGet(`/services/data/v60.0/query?q=SELECT+${select}+FROM+Contact`),
    ).toMatchObject({ status: 414 });
    expect(
      await rawGet('/services/data/v60.0/limits', { 'X-Wide': 'x'.repeat(33_000) }),
    ).toMatchObject({ status: 431 });
  });
});

test('describe is asked for again only when the schema has changed', async () => {
  const first = await org.ask('GET', 'sobjects/Contact/describe');
  const since = first.headers.get('last-modified') ?? '';
  expect(
    await org.ask('GET', 'sobjects/Contact/describe', undefined, { 'If-Modified-Since': since }),
  ).toMatchObject({ status: 304 });
});

test('a custom field appears in describe, in queries and in records, and a second one of its name is refused', async () => {
  const definition = {
    FullName: 'Contact.Shoe_Size__c',
    Metadata: { label: 'Shoe Size', type: 'Number', precision: 4, scale: 1 },
  };
  expect(await org.ask('POST', 'tooling/sobjects/CustomField', definition)).toMatchObject({
    status: 201,
    body: { success: true },
  });
  const described = await org.ask('GET', 'sobjects/Contact/describe');
  expect(described.body).toMatchObject({
    fields: expect.arrayContaining([
      expect.objectContaining({
        name: 'Shoe_Size__c',
        type: 'double',
        precision: 4,
        scale: 1,
        custom: true,
        nillable: true,
      }),
    ]),
  });
  await org.ask('POST', 'sobjects/Contact', { LastName: 'Shod', Shoe_Size__c: 42.55 });
  const query = encodeURIComponent("SELECT Shoe_Size__c FROM Contact WHERE LastName = 'Shod'");
  expect((await org.ask('GET', `query?q=${query}`)).body).toMatchObject({
    records: [{ Shoe_Size__c: 42.6 }],
  });
  expect(
    await org.ask('POST', 'sobjects/Contact', { LastName: 'Giant', Shoe_Size__c: 1_000 }),
  ).toMatchObject({
    status: 400,
    body: [{ errorCode: 'NUMBER_OUTSIDE_VALID_RANGE' }],
  });
  expect(await org.ask('POST', 'tooling/sobjects/CustomField', definition)).toMatchObject({
    status: 400,
    body: [{ errorCode: 'DUPLICATE_DEVELOPER_NAME' }],
  });
});

describe('composite', () => {
  test('hands what one request answered to the next', async () => {
    const answer = await org.ask('POST', 'composite', {
      compositeRequest: [
        {
          method: 'POST',
          url: '/services/data/v60.0/sobjects/Account',
          referenceId: 'account',
          body: { Name: 'Composite' },
        },
        {
          method: 'POST',
          url: '/services/data/v60.0/sobjects/Contact',
          referenceId: 'contact',
          body: { LastName: 'Part', AccountId: '@{account.id}' },
        },
        {
          method: 'GET',
          url: '/services/data/v60.0/query?q=SELECT+Account.Name+FROM+Contact+WHERE+Id=%27@{contact.id}%27',
          referenceId: 'read',
        },
      ],
    });
    expect(answer.body).toMatchObject({
      compositeResponse: [
        { httpStatusCode: 201, referenceId: 'account' },
        { httpStatusCode: 201, referenceId: 'contact' },
        { httpStatusCode: 200, body: { records: [{ Account: { Name: 'Composite' } }] } },
      ],
    });
  });

  test('with allOrNone undoes all when one fails', async () => {
    const answer = await org.ask('POST', 'composite', {
      allOrNone: true,
      compositeRequest: [
        {
          method: 'POST',
          url: '/services/data/v60.0/sobjects/Account',
          referenceId: 'a',
          body: { Name: 'Undone' },
        },
        {
          method: 'POST',
          url: '/services/data/v60.0/sobjects/Contact',
          referenceId: 'b',
          body: { FirstName: 'Bad' },
        },
      ],
    });
    expect(answer.body).toMatchObject({
      compositeResponse: [
        { httpStatusCode: 400, body: [{ errorCode: 'PROCESSING_HALTED' }] },
        { httpStatusCode: 400, body: [{ errorCode: 'REQUIRED_FIELD_MISSING' }] },
      ],
    });
    const query = encodeURIComponent("SELECT COUNT() FROM Account WHERE Name = 'Undone'");
    expect((await org.ask('GET', `query?q=${query}`)).body).toEqual({
      totalSize: 0,
      done: true,
      records: [],
    });
  });

  test('a tree is created with its children, or not at all', async () => {
    const tree = (lastName: string | undefined) => ({
      records: [
        {
          attributes: { type: 'Account', referenceId: 'root' },
          name: 'Tree',
          Contacts: {
            records: [{ attributes: { type: 'Contact', referenceId: 'leaf' }, LastName: lastName }],
          },
        },
      ],
    });
    expect(await org.ask('POST', 'composite/tree/Account', tree('Leaf'))).toMatchObject({
      status: 201,
      body: { hasErrors: false, results: [{ referenceId: 'root' }, { referenceId: 'leaf' }] },
    });
    expect(await org.ask('POST', 'composite/tree/Account', tree(undefined))).toMatchObject({
      status: 400,
      body: {
        hasErrors: true,
        results: [{ referenceId: 'leaf', errors: [{ statusCode: 'REQUIRED_FIELD_MISSING' }] }],
      },
    });
    const query = encodeURIComponent(
      "SELECT Name, (SELECT LastName FROM Contacts) FROM Account WHERE Name = 'Tree'",
    );
    expect((await org.ask('GET', `query?q=${query}`)).body).toMatchObject({
      totalSize: 1,
      records: [{ Contacts: { totalSize: 1, records: [{ LastName: 'Leaf' }] } }],
    });
  });
});

describe('a query of more rows than a page', () => {
  const Page = z.object({
    totalSize: z.number(),
    done: z.boolean(),
    nextRecordsUrl: z.string().optional(),
    records: z.array(z.object({ Id: z.string(), LastName: z.string() })),
  });

  test('gives every row once, in order, whatever is written meanwhile', async () => {
    await org.ask('POST', '/admin/seed', { object: 'Contact', count: 4_500, seed: 3 });
    const query = encodeURIComponent('SELECT Id, LastName FROM Contact ORDER BY LastName, Id');
    const ids: string[] = [];
    let page = Page.parse((await org.ask('GET', `query?q=${query}`)).body);
    const { totalSize } = page;
    expect(page.records).toHaveLength(2_000);
    expect(page.nextRecordsUrl).toMatch(/^\/services\/data\/v60\.0\/query\/01g\w{15}-2000$/);
    ids.push(...page.records.map(({ Id }) => Id));
    await org.ask('POST', 'sobjects/Contact', { LastName: 'Aaa' });
    while (page.nextRecordsUrl !== undefined) {
      page = Page.parse((await org.ask('GET', page.nextRecordsUrl)).body);
      ids.push(...page.records.map(({ Id }) => Id));
    }
    expect(page.done).toBe(true);
    expect(ids).toHaveLength(totalSize);
    expect(new Set(ids).size).toBe(totalSize);
  });

  test('pages are as long as Sforce-Query-Options asks', async () => {
    const query = encodeURIComponent('SELECT Id, LastName FROM Contact');
    const first = Page.parse(
      (
        await org.ask('GET', `query?q=${query}`, undefined, {
          'Sforce-Query-Options': 'batchSize=250',
        })
      ).body,
    );
    expect(first.records).toHaveLength(250);
    const second = Page.parse((await org.ask('GET', first.nextRecordsUrl ?? '')).body);
    expect(second.records).toHaveLength(250);
  });

  test('a locator nobody gave is refused', async () => {
    expect(await org.ask('GET', 'query/01gxx0000000001AAA-2000')).toMatchObject({
      status: 400,
      body: [{ errorCode: 'INVALID_QUERY_LOCATOR', message: 'invalid query locator' }],
    });
  });
});

test('the admin API takes rules for batches, and the bounds of a day', async () => {
  const rule = { point: 'batch', subject: '^insert Contact$', effect: { kind: 'stuck' }, count: 2 };
  expect(await org.ask('POST', '/admin/faults', rule)).toMatchObject({ status: 201, body: rule });
  await org.ask('DELETE', '/admin/faults');
  const bounds = { bulkBatchesPerDayMax: 7, bulkQueryJobsPerDayMax: 8, searchDelayMs: 0 };
  const before = (await org.ask('GET', '/admin/settings')).body;
  expect(await org.ask('PATCH', '/admin/settings', bounds)).toMatchObject({ body: bounds });
  expect((await org.ask('GET', 'limits')).body).toMatchObject({
    DailyBulkApiBatches: { Max: 7, Remaining: 7 },
    DailyBulkV2QueryJobs: { Max: 8, Remaining: 8 },
  });
  expect(before).toMatchObject({ bulkBatchesPerDayMax: 15_000, bulkQueryJobsPerDayMax: 10_000 });
});
