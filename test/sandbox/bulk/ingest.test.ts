import http from 'node:http';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import { z } from 'zod';

import { until } from '../../support/until.ts';
import { createBulkOrg, type BulkOrg } from './bulk-org.ts';

const JOBS = '/services/data/v60.0/jobs/ingest';
const Job = z.looseObject({
  id: z.string(),
  state: z.string(),
  object: z.string(),
  numberRecordsProcessed: z.number(),
  numberRecordsFailed: z.number(),
  errorMessage: z.string().optional(),
});
type Job = z.infer<typeof Job>;
const Rows = z.array(z.record(z.string(), z.string()));

let bulk: BulkOrg;

beforeAll(async () => {
  bulk = await createBulkOrg();
});

afterAll(async () => {
  expect(bulk.reported).toEqual([]);
  await bulk[Symbol.asyncDispose]();
});

async function create(description: object): Promise<string> {
  const created = await bulk.call('POST', JOBS, { body: description });
  const job = Job.parse(await created.json());
  expect(job.state).toBe('Open');
  return job.id;
}

async function ended(id: string): Promise<Job> {
  return until(
    async () => {
      const job = Job.parse(await (await bulk.call('GET', `${JOBS}/${id}`)).json());
      return ['JobComplete', 'Failed', 'Aborted'].includes(job.state) ? job : undefined;
    },
    { what: 'the job’s end' },
  );
}

async function put(id: string, csv: string): Promise<Response> {
  return bulk.call('PUT', `${JOBS}/${id}/batches`, {
    body: csv,
    headers: { 'content-type': 'text/csv' },
  });
}

async function run(description: object, csv: string): Promise<Job> {
  const id = await create(description);
  expect((await put(id, csv)).status).toBe(201);
  await bulk.call('PATCH', `${JOBS}/${id}`, { body: { state: 'UploadComplete' } });
  return ended(id);
}

async function rows(id: string, kind: string, delimiter = ','): Promise<z.infer<typeof Rows>> {
  const response = await bulk.call('GET', `${JOBS}/${id}/${kind}`);
  expect(response.headers.get('content-type')).toBe('text/csv; charset=UTF-8');
  return Rows.parse(parse(await response.text(), { columns: true, delimiter }));
}

describe('an ingest job', () => {
  test('inserts the good rows, answers the bad ones with their errors, and tells how many of each', async () => {
    const job = await run(
      { object: 'contact', operation: 'insert' },
      'LastName,FirstName,Email\nOne,Ann,ann@example.com\n,Bob,\nThree,"Cat ""C"", Esq.",not an address\n',
    );
    expect(job).toMatchObject({
      state: 'JobComplete',
      object: 'Contact',
      numberRecordsProcessed: 3,
      numberRecordsFailed: 2,
    });
    const [good] = await rows(job.id, 'successfulResults');
    expect(good).toEqual({
      sf__Id: expect.stringMatching(/^003\w{15}$/),
      sf__Created: 'true',
      LastName: 'One',
      FirstName: 'Ann',
      Email: 'ann@example.com',
    });
    const bad = await rows(job.id, 'failedResults');
    expect(bad.map(({ sf__Error: error }) => error)).toEqual([
      'REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --',
      'INVALID_EMAIL_ADDRESS:Email: invalid email address: not an address:Email --',
    ]);
    expect(bad[1]?.['FirstName']).toBe('Cat "C", Esq.');
    expect(await (await bulk.call('GET', `${JOBS}/${job.id}/unprocessedrecords`)).text()).toBe(
      'LastName,FirstName,Email\n',
    );
  });

  test('refuses a row with too many cells by itself', async () => {
    const job = await run(
      { object: 'Contact', operation: 'insert' },
      'LastName\nbefore\nwide,more\nafter\n',
    );
    expect(job).toMatchObject({
      state: 'JobComplete',
      numberRecordsProcessed: 3,
      numberRecordsFailed: 1,
    });
    const failed = await bulk.call('GET', `${JOBS}/${job.id}/failedResults`);
    expect(await failed.text()).toBe(
      '"sf__Id","sf__Error","LastName"\n"","CLIENT_INPUT_ERROR:the row has 2 values, its file 1 columns: --","wide"\n',
    );
  });

  test('takes no file for its own that another database, with the same ids, has left', async () => {
    await run({ object: 'Contact', operation: 'insert' }, 'LastName\nEarlier\n');
    await using fresh = await createBulkOrg(bulk.org.config.home);
    const created = await fresh.call('POST', JOBS, {
      body: { object: 'Contact', operation: 'insert' },
    });
    const { id } = Job.parse(await created.json());
    expect((await bulk.call('GET', `${JOBS}/${id}`)).status).toBe(200);
    const upload = await fresh.call('PUT', `${JOBS}/${id}/batches`, {
      body: 'LastName\nOwn\n',
      headers: { 'content-type': 'text/csv' },
    });
    expect(upload.status).toBe(201);
  });

  test('leaves a field alone for an empty cell and empties it for #N/A', async () => {
    const made = await run(
      { object: 'Contact', operation: 'insert' },
      'LastName,FirstName,Title\nKeep,First,Title\n',
    );
    const [{ sf__Id: id } = {}] = await rows(made.id, 'successfulResults');
    await run({ object: 'Contact', operation: 'update' }, `Id,FirstName,Title\n${id},,#N/A\n`);
    const { rows: found } = await bulk.pool.query(
      'select firstname, title from org.contact where id = $1',
      [id],
    );
    expect(found).toEqual([{ firstname: 'First', title: null }]);
    const removed = await run(
      { object: 'Contact', operation: 'delete' },
      `Id\n${id}\n001000000000001AAA\n`,
    );
    expect(removed).toMatchObject({ numberRecordsProcessed: 2, numberRecordsFailed: 1 });
    const { rows: deleted } = await bulk.pool.query(
      'select isdeleted from org.contact where id = $1',
      [id],
    );
    expect(deleted).toEqual([{ isdeleted: true }]);
  });

  test('writes more rows than a batch holds, each once, in any delimiter and with Windows line ends', async () => {
    const lines = Array.from({ length: 10_500 }, (_, at) => `Many${at};${at % 100}`);
    const job = await run(
      { object: 'Account', operation: 'insert', columnDelimiter: 'SEMICOLON', lineEnding: 'CRLF' },
      `Name;NumberOfEmployees\r\n${lines.join('\r\n')}`,
    );
    expect(job).toMatchObject({
      state: 'JobComplete',
      numberRecordsProcessed: 10_500,
      numberRecordsFailed: 0,
    });
    const { rows: counted } = await bulk.pool.query(
      "select count(*)::int as n, count(distinct name)::int as names from org.account where name like 'Many%'",
    );
    expect(counted).toEqual([{ n: 10_500, names: 10_500 }]);
    const results = await (await bulk.call('GET', `${JOBS}/${job.id}/successfulResults`)).text();
    expect(results.split('\r\n')).toHaveLength(10_502);
  }, 60_000);

  test('upserts by an external id; by Id without that column every row is new', async () => {
    const job = await run(
      {
        object: 'Account',
        operation: 'upsert',
        externalIdFieldName: 'Id',
        columnDelimiter: 'BACKQUOTE',
      },
      'NAME`ANNUALREVENUE\nupserted 1`3.00E+07\nupserted 2`\n',
    );
    expect((await rows(job.id, 'successfulResults', '`')).map((row) => row['sf__Created'])).toEqual(
      ['true', 'true'],
    );
    const { rows: found } = await bulk.pool.query(
      "select annualrevenue from org.account where name = 'upserted 1'",
    );
    expect(found).toEqual([{ annualrevenue: 30_000_000 }]);
  });

  test('in one request with its data begins at once', async () => {
    const form = new FormData();
    form.append('job', JSON.stringify({ object: 'Lead', operation: 'insert', lineEnding: 'LF' }));
    form.append(
      'content',
      new Blob(['LastName,Company\nMulti,Part\n'], { type: 'text/csv' }),
      'content',
    );
    const created = Job.parse(await (await bulk.call('POST', JOBS, { body: form })).json());
    expect(created.state).toBe('UploadComplete');
    expect(await ended(created.id)).toMatchObject({
      state: 'JobComplete',
      numberRecordsProcessed: 1,
    });
  });
});

describe('a job fails as a whole', () => {
  test.each([
    [
      'for a column that is no field',
      'insert',
      'LastName,Nope\nx,y\n',
      'InvalidBatch : Field name not found : Nope',
    ],
    [
      'without the column Id',
      'update',
      'LastName\nx\n',
      'InvalidBatch : Field name not found : Id',
    ],
    [
      'for other line ends than it was told',
      'insert',
      'LastName\r\nx\r\n',
      'ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is LF',
    ],
  ])('%s, leaving every row unprocessed', async (_, operation, csv, message) => {
    const job = await run({ object: 'Contact', operation }, csv);
    expect(job).toMatchObject({
      state: 'Failed',
      errorMessage: message,
      numberRecordsProcessed: 0,
    });
    expect(await (await bulk.call('GET', `${JOBS}/${job.id}/unprocessedrecords`)).text()).toBe(csv);
  });
});

describe('refused', () => {
  test.each([
    [
      { object: 'Nope', operation: 'insert' },
      "INVALIDENTITY: InvalidEntity : Entity 'Nope' is not supported by the Bulk API.",
    ],
    [
      { object: 'Contact', operation: 'upsert' },
      'INVALIDJOB: InvalidJob : External ID was blank for upsert operation',
    ],
    [
      { object: 'Contact', operation: 'upsert', externalIdFieldName: 'Title' },
      'INVALIDJOB: InvalidJob : Field name provided, Title does not match an External ID, Salesforce Id, or indexed field for Contact',
    ],
  ])('%j', async (body, expected) => {
    const response = await bulk.call('POST', JOBS, { body });
    const [error] = z
      .array(z.object({ errorCode: z.string(), message: z.string() }))
      .parse(await response.json());
    expect([response.status, `${error?.errorCode}: ${error?.message}`]).toEqual([400, expected]);
  });

  test('not an upload that is sent again because the first broke off', async () => {
    const created = await bulk.call('POST', JOBS, {
      body: { object: 'Contact', operation: 'insert' },
    });
    const { id } = Job.parse(await created.json());
    const place = new URL(`${bulk.url}${JOBS}/${id}/batches`);
    const headers = {
      authorization: `Bearer ${bulk.session.accessToken}`,
      'content-type': 'text/csv',
      'content-length': '1000',
    };
    await new Promise((resolve) => {
      const broken = http.request(place, { method: 'PUT', headers });
      broken.on('error', resolve);
      broken.write('LastName\nHalf', () => broken.destroy(new Error('broken off')));
    });
    const again = await bulk.call('PUT', `${JOBS}/${id}/batches`, {
      body: 'LastName\nWhole\n',
      headers: { 'content-type': 'text/csv' },
    });
    expect(again.status).toBe(201);
  });

  test('a second upload, closing twice, deleting an open job', async () => {
    const id = await create({ object: 'Contact', operation: 'insert' });
    expect((await bulk.call('DELETE', `${JOBS}/${id}`)).status).toBe(400);
    await put(id, 'LastName\n');
    const second = await put(id, 'LastName\nx\n');
    expect([second.status, await second.text()]).toEqual([
      400,
      expect.stringContaining("make sure you only do 'PUT' once"),
    ]);
    await bulk.call('PATCH', `${JOBS}/${id}`, { body: { state: 'UploadComplete' } });
    expect(await ended(id)).toMatchObject({ state: 'JobComplete', numberRecordsProcessed: 0 });
    expect(
      (await bulk.call('PATCH', `${JOBS}/${id}`, { body: { state: 'UploadComplete' } })).status,
    ).toBe(400);
    expect((await bulk.call('DELETE', `${JOBS}/${id}`)).status).toBe(204);
  });
});
