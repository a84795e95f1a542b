import { gzipSync } from 'node:zlib';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { XMLParser } from 'fast-xml-parser';
import { z } from 'zod';

import { serveOrg, type ServedOrg } from './serve-org.ts';

const Created = z.object({ id: z.string() });
const parser = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '@' });

let org: ServedOrg;
let account: string;

beforeAll(async () => {
  org = await serveOrg();
  const made = await org.ask('POST', 'sobjects/Account', { Name: 'Reprise & Co' });
  account = Created.parse(made.body).id;
});

afterAll(async () => {
  await org[Symbol.asyncDispose]();
});

async function raw(
  method: string,
  path: string,
  {
    body,
    headers = {},
  }: { body?: string | Uint8Array<ArrayBuffer>; headers?: Record<string, string> } = {},
) {
  const response = await fetch(`${org.url}/services/data/v60.0/${path}`, {
    method,
    headers: { Authorization: `Bearer ${org.token}`, ...headers },
    body: body ?? null,
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

const XML = { Accept: 'application/xml' };

describe('XML', () => {
  test('a record is written and read', async () => {
    const created = await raw('POST', 'sobjects/Opportunity', {
      headers: { ...XML, 'Content-Type': 'application/xml' },
      body: '<?xml version="1.0"?><Opportunity><Name>A &amp; B</Name><StageName>Prospecting</StageName><CloseDate>2026-12-24</CloseDate><Amount>12.5</Amount></Opportunity>',
    });
    expect(created.headers.get('content-type')).toMatch('application/xml');
    const { Result: result } = z
      .object({ Result: z.object({ id: z.string(), success: z.boolean() }) })
      .parse(parser.parse(created.text));
    expect([created.status, result.success]).toEqual([201, true]);
    const read = await raw(
      'GET',
      `sobjects/Opportunity/${result.id}?fields=Name,Amount,Description`,
      {
        headers: XML,
      },
    );
    expect(parser.parse(read.text)).toMatchObject({
      Opportunity: {
        '@type': 'Opportunity',
        '@url': `/services/data/v60.0/sobjects/Opportunity/${result.id}`,
        Name: 'A & B',
        Amount: 12.5,
        Description: { '@xsi:nil': 'true' },
      },
    });
  });

  test('a query says its type and url as attributes of each record', async () => {
    const soql = encodeURIComponent("SELECT Name FROM Account WHERE Name LIKE 'Reprise%'");
    const { text } = await raw('GET', `query.xml?q=${soql}`);
    expect(parser.parse(text)).toMatchObject({
      QueryResult: { totalSize: 1, done: true, records: { '@type': 'Account' } },
    });
  });

  test('limits are a snapshot', async () => {
    const { text } = await raw('GET', 'limits', { headers: XML });
    expect(text).toMatch(/^<\?xml version="1.0" encoding="UTF-8"\?><LimitsSnapshot>/);
  });

  test('a refusal is XML too', async () => {
    const { status, text } = await raw('GET', 'query?q=SELECT', { headers: XML });
    expect([status, parser.parse(text)]).toMatchObject([
      400,
      { Errors: { Error: { errorCode: 'MALFORMED_QUERY' } } },
    ]);
  });

  test('an ending asks for JSON where XML is accepted', async () => {
    const { headers } = await raw('GET', `sobjects/Account/${account}.json`, { headers: XML });
    expect(headers.get('content-type')).toMatch('application/json');
  });

  test.each(['<!DOCTYPE a [<!ENTITY b "c">]><Account><Name>&b;</Name></Account>', '<Account>'])(
    '%s is refused',
    async (body) => {
      const { status, text } = await raw('POST', 'sobjects/Account', {
        body,
        headers: { 'Content-Type': 'application/xml' },
      });
      expect([status, JSON.parse(text)]).toMatchObject([400, [{ errorCode: 'XML_PARSER_ERROR' }]]);
    },
  );
});

describe('conditions', () => {
  test('an account that the caller has is not sent again', async () => {
    const path = `sobjects/Account/${account}`;
    const { headers } = await raw('GET', path);
    const tag = headers.get('etag') ?? '';
    const modified = headers.get('last-modified') ?? '';
    expect(await raw('GET', path, { headers: { 'If-None-Match': tag } })).toMatchObject({
      status: 304,
      text: '',
    });
    expect((await raw('GET', path, { headers: { 'If-Modified-Since': modified } })).status).toBe(
      304,
    );
    expect((await raw('GET', path, { headers: { 'If-Match': '"other"' } })).status).toBe(412);
  });

  test('an account is written only as the caller knows it', async () => {
    const path = `sobjects/Account/${account}`;
    const json = { 'Content-Type': 'application/json' };
    const tag = (await raw('GET', path)).headers.get('etag') ?? '';
    const write = async (headers: Record<string, string>, site: string) =>
      (
        await raw('PATCH', path, {
          body: JSON.stringify({ Site: site }),
          headers: { ...json, ...headers },
        })
      ).status;
    expect(await write({ 'If-Match': tag }, 'first')).toBe(204);
    expect(await write({ 'If-Match': tag }, 'second')).toBe(412);
    expect(await write({ 'If-Match': 'nonsense' }, 'third')).toBe(400);
    expect(await write({ 'If-Unmodified-Since': 'Mon, 01 Jan 2024 00:00:00 GMT' }, 'x')).toBe(412);
    expect(await org.ask('GET', `${path}?fields=Site`)).toMatchObject({ body: { Site: 'first' } });
  });
});

test('a body may come compressed, and so may the answer', async () => {
  const made = await raw('POST', 'sobjects/Account', {
    body: new Uint8Array(gzipSync(JSON.stringify({ Name: 'Zipped' }))),
    headers: { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' },
  });
  expect(made.status).toBe(201);
  const response = await fetch(`${org.url}/services/data/v60.0/sobjects/Account/describe`, {
    headers: { Authorization: `Bearer ${org.token}`, 'Accept-Encoding': 'gzip' },
  });
  expect(response.headers.get('content-encoding')).toBe('gzip');
  expect(await response.json()).toMatchObject({ name: 'Account' });
});

test('a POST may say that it means PATCH', async () => {
  const path = `sobjects/Account/${account}?_HttpMethod=PATCH`;
  expect((await org.ask('POST', path, { Site: 'patched' })).status).toBe(204);
});

test('the children of a record are answered at its path', async () => {
  await org.ask('POST', 'sobjects/Contact', { LastName: 'Kid', AccountId: account });
  expect(
    await org.ask('GET', `sobjects/Account/${account}/Contacts?fields=LastName`),
  ).toMatchObject({
    status: 200,
    body: { totalSize: 1, done: true, records: [{ LastName: 'Kid' }] },
  });
});

describe('files', () => {
  test('know their length; a document belongs to its creator and is named after its name', async () => {
    const Body = Buffer.from('hello').toString('base64');
    const attachment = { ParentId: account, Name: 'a.txt', Body };
    const attached = Created.parse((await org.ask('POST', 'sobjects/Attachment', attachment)).body);
    const { adminUserId } = org.org;
    const document = { FolderId: adminUserId, Name: '1st Brochure (Q1).pdf', Body };
    const filed = Created.parse((await org.ask('POST', 'sobjects/Document', document)).body);
    await org.ask('PATCH', `sobjects/Attachment/${attached.id}`, { Body: btoa('hi') });
    const { body: first } = await org.ask('GET', `sobjects/Attachment/${attached.id}`);
    const { body: second } = await org.ask('GET', `sobjects/Document/${filed.id}`);
    expect(first).toMatchObject({ BodyLength: 2 });
    expect(second).toMatchObject({
      AuthorId: adminUserId,
      DeveloperName: 'X1st_Brochure_Q1_pdf',
      BodyLength: 5,
    });
  });
});
