import { readFile } from 'node:fs/promises';

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';

import { until } from '../../support/until.ts';
import { startOrgProcess, type OrgProcess } from './org-process.ts';

const JOBS = '/services/data/v60.0/jobs/query';
/** Some 250 MB of CSV out of rows that are quick to make: long texts compress well. */
const WIDE_ROWS = 8_000;
/** Of which these take long enough to be interrupted. */
const SOME_ROWS = 2_500;
/** The bound that sandbox/bulk/README.md states. */
const MEGABYTES_MAX = 150;

const Job = z.looseObject({
  id: z.string(),
  state: z.string(),
  numberRecordsProcessed: z.number().optional(),
  errorMessage: z.string().optional(),
});

let org: OrgProcess;
let token: string;
beforeAll(async () => {
  org = await startOrgProcess();
  token = await org.login();
  await org.pool.query(
    `insert into org.account (id, name, description, ownerid, createddate, lastmodifieddate, systemmodstamp)
     select salesforce_id('001', 'gL', n + 5000000), 'Wide ' || n, repeat('wide ', 6400), ownerid, now(), now(), now()
       from generate_series(1, $1::int) n, (select ownerid from org.account limit 1) owner`,
    [WIDE_ROWS],
  );
}, 90_000);
afterAll(async () => {
  await org[Symbol.asyncDispose]();
});

test.each(['SIGTERM', 'SIGKILL'] as const)(
  'a query job whose org is ended by %s while it copies goes on at the next start, whole',
  async (signal) => {
    const { id } = await createJob(SOME_ROWS);
    await copying();
    // In order: exit code 0, and no word of an error; killed: nothing at all.
    const { code } = await org.stop(signal);
    expect(code).toBe(signal === 'SIGTERM' ? 0 : null);
    await org.start();
    token = await org.login();
    const { numberRecordsProcessed: records } = await ended(id);
    expect(records).toBe(SOME_ROWS);
    expect(await lineCount(id)).toBe(records);
  },
  90_000,
);

test('a job of which somebody has read a part fails instead: two moments are not one result', async () => {
  const { id } = await createJob(SOME_ROWS);
  await ended(id);
  const part = await ask('GET', `${JOBS}/${id}/results?maxRecords=1`);
  expect(part.status).toBe(200);
  await part.body?.cancel();
  await org.stop('SIGKILL');
  await org.start();
  token = await org.login();
  const again = await ask('GET', `${JOBS}/${id}/results`);
  await again.body?.cancel();
  // On a machine so quick that the file was whole already, it still is.
  if (again.status === 200) return;
  expect(Job.parse(await (await ask('GET', `${JOBS}/${id}`)).json())).toMatchObject({
    state: 'Failed',
    errorMessage: expect.stringContaining('The service ended'),
  });
}, 90_000);

test('memory stays bounded while a result of hundreds of megabytes streams out', async () => {
  const before = await megabytes('VmRSS');
  const { id } = await createJob(WIDE_ROWS);
  await ended(id);
  const { bytes } = await download(id);
  expect(bytes).toBeGreaterThan(1.5 * MEGABYTES_MAX * 1_000_000);
  expect((await megabytes('VmHWM')) - before).toBeLessThan(MEGABYTES_MAX);
}, 90_000);

async function ask(method: string, path: string, body?: object): Promise<Response> {
  return fetch(`${org.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'accept-encoding': 'identity',
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

async function createJob(rows: number): Promise<z.infer<typeof Job>> {
  const query = `SELECT Id, Name, Description FROM Account WHERE Name LIKE 'Wide %' LIMIT ${rows}`;
  return Job.parse(await (await ask('POST', JOBS, { operation: 'query', query })).json());
}

async function copying(): Promise<void> {
  await until(
    async () => {
      const { rowCount } = await org.pool.query(
        "select from pg_stat_activity where query like '/* exportQuery */%' and state = 'active'",
      );
      return rowCount === 0 ? undefined : true;
    },
    { what: 'the export', everyMs: 2 },
  );
}

async function ended(id: string): Promise<z.infer<typeof Job>> {
  return until(
    async () => {
      const job = Job.parse(await (await ask('GET', `${JOBS}/${id}`)).json());
      return job.state === 'JobComplete' || job.state === 'Failed' ? job : undefined;
    },
    { what: 'the job to end', timeoutMs: 30_000, everyMs: 5 },
  );
}

async function download(id: string): Promise<{ bytes: number; lines: number }> {
  const { body } = await ask('GET', `${JOBS}/${id}/results`);
  let bytes = 0;
  let lines = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    for (let at = chunk.indexOf(0x0a); at >= 0; at = chunk.indexOf(0x0a, at + 1)) lines += 1;
  }
  return { bytes, lines };
}

/** Lines but for the header: no cell has a line end. */
async function lineCount(id: string): Promise<number> {
  return (await download(id)).lines - 1;
}

async function megabytes(name: 'VmRSS' | 'VmHWM'): Promise<number> {
  const status = await readFile(`/proc/${org.pid()}/status`, 'utf8');
  return Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1_024;
}
