import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';

import type { Rule } from '../../../sandbox/injector.ts';
import {
  BATCH_RETRIES_MAX,
  JOB_LIFETIME_MS,
  V1_BATCH_RETRIES_MAX,
} from '../../../sandbox/bulk/limits.ts';
import { startBulk } from '../../../sandbox/bulk/router.ts';
import { until } from '../../support/until.ts';
import { createBulkOrg, type BulkOrg } from './bulk-org.ts';

const INGEST = '/services/data/v60.0/jobs/ingest';
const QUERY = '/services/data/v60.0/jobs/query';
const ASYNC = '/services/async/60.0/job';

const JobInfo = z.looseObject({
  id: z.string(),
  state: z.string(),
  retries: z.number().optional(),
  errorMessage: z.string().optional(),
  numberRecordsProcessed: z.number().optional(),
});

let bulk: BulkOrg;

beforeAll(async () => {
  bulk = await createBulkOrg();
});

afterAll(async () => {
  await bulk[Symbol.asyncDispose]();
});

afterEach(() => {
  bulk.org.injector.remove();
});

function rule(changes: Partial<Rule>): void {
  bulk.org.injector.add({
    point: 'batch',
    subject: '',
    effect: { kind: 'refuse', errorCode: 'UNABLE_TO_LOCK_ROW', message: 'held by another' },
    count: 1,
    probability: 1,
    seed: 1,
    skip: 0,
    ...changes,
  });
}

async function ingest(csv: string): Promise<string> {
  const created = await bulk.call('POST', INGEST, {
    body: { object: 'Account', operation: 'insert' },
  });
  const { id } = JobInfo.parse(await created.json());
  const headers = { 'content-type': 'text/csv' };
  await bulk.call('PUT', `${INGEST}/${id}/batches`, { body: csv, headers });
  await bulk.call('PATCH', `${INGEST}/${id}`, { body: { state: 'UploadComplete' } });
  return id;
}

async function inState(path: string, ...states: readonly string[]) {
  return until(
    async () => {
      const job = JobInfo.parse(await (await bulk.call('GET', path)).json());
      return states.includes(job.state) ? job : undefined;
    },
    { what: `${path} to be ${states.join(' or ')}`, timeoutMs: 10_000 },
  );
}

test('a batch that fails as a whole is tried again, and its records are saved once', async () => {
  rule({ subject: '^insert Account$', count: 2 });
  const id = await ingest('Name\nRetried\n');
  const job = await inState(`${INGEST}/${id}`, 'JobComplete', 'Failed');
  expect(job).toMatchObject({ state: 'JobComplete', retries: 2, numberRecordsProcessed: 1 });
  const { rows } = await bulk.pool.query(`select 1 from org.account where name = 'Retried'`);
  expect(rows).toHaveLength(1);
});

test('a batch that never succeeds fails its job, and its rows are the unprocessed ones', async () => {
  rule({ count: null });
  const id = await ingest('Name\nNever\n');
  const job = await inState(`${INGEST}/${id}`, 'JobComplete', 'Failed');
  expect(job).toMatchObject({ state: 'Failed', retries: BATCH_RETRIES_MAX });
  expect(job.errorMessage).toBe('InternalServerError : UNABLE_TO_LOCK_ROW : held by another');
  const rest = await bulk.call('GET', `${INGEST}/${id}/unprocessedrecords`);
  expect(await rest.text()).toContain('Never');
});

test('a stuck job stays in progress until it is aborted', async () => {
  rule({ effect: { kind: 'stuck' } });
  const id = await ingest('Name\nStuck\n');
  await inState(`${INGEST}/${id}`, 'InProgress');
  await bulk.call('PATCH', `${INGEST}/${id}`, { body: { state: 'Aborted' } });
  expect(await inState(`${INGEST}/${id}`, 'Aborted')).toMatchObject({ state: 'Aborted' });
});

test('a query job fails by the same rules', async () => {
  rule({ subject: '^query Account$' });
  const body = { operation: 'query', query: 'SELECT Id FROM Account' };
  const { id } = JobInfo.parse(await (await bulk.call('POST', QUERY, { body })).json());
  const job = await inState(`${QUERY}/${id}`, 'JobComplete', 'Failed');
  expect(job.errorMessage).toBe('InternalServerError : UNABLE_TO_LOCK_ROW : held by another');
});

test('a batch of Bulk API 1 is tried again ten times, then fails, and the next one is worked on', async () => {
  rule({ count: V1_BATCH_RETRIES_MAX + 1 });
  const json = { 'content-type': 'application/json' };
  const made = await bulk.call('POST', ASYNC, {
    body: {
      operation: 'insert',
      object: 'Account',
      contentType: 'JSON',
      concurrencyMode: 'Serial',
    },
  });
  const { id } = JobInfo.parse(await made.json());
  const path = `${ASYNC}/${id}/batch`;
  const batches: string[] = [];
  for (const name of ['First', 'Second']) {
    const answer = await bulk.call('POST', path, { body: [{ Name: name }], headers: json });
    batches.push(JobInfo.parse(await answer.json()).id);
  }
  const [first, second] = await Promise.all(
    batches.map(async (batch) => inState(`${path}/${batch}`, 'Completed', 'Failed')),
  );
  expect(first).toMatchObject({
    state: 'Failed',
    stateMessage: 'UNABLE_TO_LOCK_ROW : held by another',
  });
  expect(second).toMatchObject({ state: 'Completed' });
  const job = await bulk.call('GET', `${ASYNC}/${id}`, { headers: json });
  expect(await job.json()).toMatchObject({ numberRetries: V1_BATCH_RETRIES_MAX });
});

test('calls, batches and query jobs are counted, and refused beyond the day', async () => {
  const { settings, usage, clock } = bulk.org;
  const before = usage.used({ clock });
  const answer = await bulk.call('GET', INGEST);
  expect(answer.headers.get('sforce-limit-info')).toBe(
    `api-usage=${before + 1}/${settings.requestsPerDayMax}`,
  );
  const [batches, queries] = [settings.bulkBatchesPerDayMax, settings.bulkQueryJobsPerDayMax];
  const { bulkQueryMegabytesPerDayMax: megabytes } = settings;
  settings.bulkBatchesPerDayMax = usage.used({ clock }, 'DailyBulkApiBatches');
  settings.bulkQueryJobsPerDayMax = usage.used({ clock }, 'DailyBulkV2QueryJobs');
  try {
    const ingested = await bulk.call('POST', INGEST, {
      body: { object: 'Account', operation: 'insert' },
    });
    expect([ingested.status, await ingested.json()]).toEqual([
      400,
      [{ errorCode: 'EXCEEDEDQUOTA', message: 'ExceededQuota : ApiBatchItems Limit exceeded.' }],
    ]);
    const body = { operation: 'query', query: 'SELECT Id FROM Account' };
    expect((await bulk.call('POST', QUERY, { body })).status).toBe(400);
    settings.bulkQueryJobsPerDayMax = queries;
    settings.bulkQueryMegabytesPerDayMax = 0;
    const tooMuch = await bulk.call('POST', QUERY, { body });
    expect(await tooMuch.json()).toMatchObject([{ errorCode: 'EXCEEDEDQUOTA' }]);
  } finally {
    settings.bulkQueryMegabytesPerDayMax = megabytes;
    settings.bulkBatchesPerDayMax = batches;
    settings.bulkQueryJobsPerDayMax = queries;
  }
});

test('a job is gone with its files when the org’s clock is seven days on', async () => {
  const body = { operation: 'query', query: 'SELECT Id FROM Account' };
  const { id } = JobInfo.parse(await (await bulk.call('POST', QUERY, { body })).json());
  await inState(`${QUERY}/${id}`, 'JobComplete');
  const folder = join(bulk.org.config.home, 'org-bulk');
  const files = async () => (await readdir(folder)).filter((name) => name.startsWith(id));
  await until(async () => ((await files()).length > 1 ? true : undefined), { what: 'its files' });
  bulk.org.settings.clockOffsetMs = JOB_LIFETIME_MS + 1_000;
  // Old jobs are looked for at a start, and then once a minute.
  await using _again = await startBulk(bulk.org);
  await until(
    async () => ((await bulk.call('GET', `${QUERY}/${id}`)).status === 404 ? true : undefined),
    { what: 'the job to be removed' },
  );
  expect(await files()).toEqual([]);
  bulk.org.settings.clockOffsetMs = 0;
});
