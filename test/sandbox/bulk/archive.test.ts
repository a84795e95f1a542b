import { afterAll, beforeAll, expect, test } from '@jest/globals';
import JSZip from 'jszip';
import { z } from 'zod';

import { until } from '../../support/until.ts';
import { createBulkOrg, type BulkOrg } from './bulk-org.ts';

const ASYNC = '/services/async/60.0/job';
const JobInfo = z.looseObject({ id: z.string(), state: z.string() });
const List = z.object({ records: z.array(z.object({ id: z.string(), jobType: z.string() })) });

let bulk: BulkOrg;

beforeAll(async () => {
  bulk = await createBulkOrg();
});

afterAll(async () => {
  await bulk[Symbol.asyncDispose]();
});

async function makeJob(contentType: string, object = 'ContentVersion'): Promise<string> {
  const made = await bulk.call('POST', ASYNC, {
    body: { operation: 'insert', object, contentType },
    headers: { accept: 'application/json' },
  });
  return JobInfo.parse(await made.json()).id;
}

async function runBatch(
  job: string,
  files: Readonly<Record<string, string | Uint8Array>>,
  contentType: string,
) {
  const zip = new JSZip();
  for (const [path, content] of Object.entries(files)) zip.file(path, content);
  const body = new Uint8Array(await zip.generateAsync({ type: 'uint8array' }));
  const accept = { accept: 'application/json' };
  const added = await bulk.call('POST', `${ASYNC}/${job}/batch`, {
    body,
    headers: { ...accept, 'content-type': contentType },
  });
  const path = `${ASYNC}/${job}/batch/${JobInfo.parse(await added.json()).id}`;
  return until(
    async () => {
      const batch = JobInfo.parse(await (await bulk.call('GET', path, { headers: accept })).json());
      return ['Completed', 'Failed'].includes(batch.state) ? batch : undefined;
    },
    { what: 'the batch to end', timeoutMs: 10_000 },
  );
}

const PICTURE = new Uint8Array([0, 1, 2, 253, 254, 255]);

test('files in an archive become the contents of the records that name them', async () => {
  const job = await makeJob('ZIP_CSV');
  const csv = 'Title,PathOnClient,VersionData\nPicture,picture.png,#files/picture.png\n';
  const files = { 'request.txt': csv, 'files/picture.png': PICTURE };
  expect(await runBatch(job, files, 'zip/csv')).toMatchObject({
    state: 'Completed',
    numberRecordsProcessed: 1,
    numberRecordsFailed: 0,
  });
  const { rows } = await bulk.pool.query(
    `select encode(versiondata, 'hex') as data from org.contentversion where title = 'Picture'`,
  );
  expect(rows).toEqual([{ data: '000102fdfeff' }]);
});

test('an archive of XML does the same', async () => {
  const job = await makeJob('ZIP_XML');
  const xml =
    '<sObjects xmlns="http://www.force.com/2009/06/asyncapi/dataload"><sObject><Title>Other</Title><PathOnClient>o.bin</PathOnClient><VersionData>#o.bin</VersionData></sObject></sObjects>';
  const batch = await runBatch(job, { 'request.txt': xml, 'o.bin': PICTURE }, 'zip/xml');
  expect(batch).toMatchObject({ state: 'Completed', numberRecordsFailed: 0 });
});

test.each([
  [{ 'other.txt': 'x' }, 'request.txt not found'],
  [
    { 'request.txt': 'Title,PathOnClient,VersionData\nA,a.png,#missing.png\n' },
    'missing.png not found',
  ],
])('a wrong archive fails its batch', async (files, message) => {
  const batch = await runBatch(await makeJob('ZIP_CSV'), files, 'zip/csv');
  expect(batch).toMatchObject({ state: 'Failed', stateMessage: expect.stringContaining(message) });
});

test('jobs are listed by their kind, and only to whom they belong', async () => {
  const old = await makeJob('CSV', 'Account');
  const made = await bulk.call('POST', '/services/data/v60.0/jobs/ingest', {
    body: { object: 'Account', operation: 'insert' },
  });
  const { id } = JobInfo.parse(await made.json());
  const list = async (query: string) => {
    const answer = await bulk.call('GET', `/services/data/v60.0/jobs/ingest${query}`);
    return List.parse(await answer.json()).records;
  };
  const both = [
    { id: old, jobType: 'Classic' },
    { id, jobType: 'V2Ingest' },
  ];
  expect(await list('')).toEqual(expect.arrayContaining(both));
  expect((await list('?jobType=V2Ingest')).map((job) => job.id)).toEqual([id]);
  expect((await list('?jobType=Classic')).map((job) => job.id)).not.toContain(id);
  expect((await bulk.call('GET', '/services/data/v60.0/jobs/ingest?jobType=None')).status).toBe(
    400,
  );
  const seenBy = bulk.org.seenBy.bind(bulk.org);
  Object.assign(bulk.org, {
    seenBy: async () => ({ ...(await seenBy(bulk.session)), permissions: new Set(['ApiEnabled']) }),
  });
  try {
    await bulk.pool.query(`update bulk_jobs set created_by = '005000000000009AAA' where id = $1`, [
      id,
    ]);
    expect((await list('')).map((job) => job.id)).not.toContain(id);
  } finally {
    Object.assign(bulk.org, { seenBy });
  }
});
