import { createWriteStream } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

import pg from 'pg';
import { z } from 'zod';

import {
  makeConnectedApp,
  median,
  megabytes,
  memoryOf,
  seedContacts,
  servicePid,
  startRig,
  type Rig,
} from './support.ts';

// The initial load of 200,000 contacts with 20 mapped fields, against the server's own COPY of the same CSV file into an
// equal table, taken in turn in one run. Goal: at least 0.75 of COPY, and less than 150 MB resident.
const CONTACTS = Number(process.env['BENCH_CONTACTS'] ?? 200_000);
const ROUNDS = 3;
const FIELDS = [
  'Id',
  'SystemModstamp',
  'IsDeleted',
  'CreatedDate',
  'LastModifiedDate',
  'Name',
  'FirstName',
  'LastName',
  'Email',
  'Phone',
  'MobilePhone',
  'Title',
  'Department',
  'AccountId',
  'MailingStreet',
  'MailingCity',
  'MailingState',
  'MailingPostalCode',
  'MailingCountry',
  'Birthdate',
];

const Connection = z.object({ mappings: z.array(z.object({ state: z.string() })) });
const Job = z.object({ id: z.string(), state: z.string() });

await using rig = await startRig();
console.log(`seeding ${CONTACTS.toLocaleString('en')} contacts …`);
await seedContacts(rig, CONTACTS);
const folder = await mkdtemp(join(tmpdir(), 'landbridge-bench-'));
await chmod(folder, 0o755);
const file = join(folder, 'contacts.csv');
await download(rig, file);

const loads: number[] = [];
const copies: number[] = [];
let rows = 0;
const pid = servicePid(rig, 'connect/main.ts');
const before = memoryOf(pid);
for (let round = 0; round < ROUNDS; round += 1) {
  const { connection, databaseUrl } = await makeConnectedApp(rig);
  const load = await timeLoad(rig, connection);
  const copy = await timeCopy(rig, databaseUrl);
  rows = copy.rows;
  loads.push(load);
  copies.push(copy.ms);
  console.log(
    `round ${round + 1}: load ${load.toFixed(0)} ms, COPY ${copy.ms.toFixed(0)} ms, ratio ${(copy.ms / load).toFixed(2)}`,
  );
}
const after = memoryOf(pid);
await rm(folder, { recursive: true, force: true });
console.log(`
rows            ${rows.toLocaleString('en')}
load            ${((rows / median(loads)) * 1_000).toFixed(0)} rows/s (from the finished job to the synced table)
COPY FROM file  ${((rows / median(copies)) * 1_000).toFixed(0)} rows/s
ratio           ${(median(copies) / median(loads)).toFixed(2)}   goal >= 0.75
memory          ${megabytes(before.now)} before, ${megabytes(after.peak)} at its highest, Connect's whole process   goal < 150 MB`);

/** Imports a mapping and waits; counts from the moment the org's job is finished, which is the org's work, to the loaded table. */
async function timeLoad({ api }: Rig, connection: string): Promise<number> {
  await api.send(`${connection}/actions/import`, {
    method: 'POST',
    body: {
      version: 1,
      mappings: [
        {
          object_name: 'Contact',
          config: {
            access: 'read_write',
            sf_notify_enabled: false,
            sf_polling_seconds: 600,
            sf_max_daily_api_calls: 30_000,
            fields: Object.fromEntries(FIELDS.map((name) => [name, {}])),
            indexes: { Id: { unique: true }, SystemModstamp: { unique: false } },
          },
        },
      ],
    },
    answer: z.unknown(),
  });
  let startedAt = Number.NaN;
  for (;;) {
    const { mappings } = await api.send(`${connection}?deep=true`, { answer: Connection });
    const state = mappings[0]?.state;
    if (state === 'LOADING_BULK_JOB' && Number.isNaN(startedAt)) startedAt = performance.now();
    if (state === 'WAIT_BULK_LOAD') startedAt = Number.NaN;
    if (state === 'DATA_SYNCED') return performance.now() - startedAt;
    await new Promise((resolve) => {
      setTimeout(resolve, 10);
    });
  }
}

/** The server's COPY of the file into a table with the same columns, defaults and indexes. */
async function timeCopy(
  { adminUrl }: Rig,
  databaseUrl: string,
): Promise<{ ms: number; rows: number }> {
  const client = new pg.Client(adminUrl(new URL(databaseUrl).pathname.slice(1)));
  await client.connect();
  try {
    await client.query(`set timezone = 'UTC'`);
    await client.query('create table copied (like salesforce.contact including all)');
    const columns = FIELDS.map((name) => (name === 'Id' ? 'sfid' : name.toLowerCase())).join(', ');
    const startedAt = performance.now();
    const { rowCount } = await client.query(
      `copy copied (${columns}) from '${file}' with (format csv, header, force_null (${columns}))`,
    );
    const ms = performance.now() - startedAt;
    await client.query('drop table copied');
    return { ms, rows: rowCount ?? 0 };
  } finally {
    await client.end();
  }
}

/** The same CSV as Connect gets, as one file. */
async function download({ orgUrl, orgToken }: Rig, to: string): Promise<void> {
  const headers = { authorization: `Bearer ${orgToken}`, 'content-type': 'application/json' };
  const jobs = new URL('/services/data/v62.0/jobs/query', orgUrl);
  const created = await fetch(jobs, {
    method: 'POST',
    headers,
    body: JSON.stringify({ operation: 'query', query: `select ${FIELDS.join(', ')} from Contact` }),
  });
  const { id } = Job.parse(await created.json());
  for (;;) {
    const job = Job.parse(await (await fetch(`${jobs.href}/${id}`, { headers })).json());
    if (job.state === 'JobComplete') break;
    if (job.state === 'Failed') throw new Error('the job failed');
    await new Promise((resolve) => {
      setTimeout(resolve, 100);
    });
  }
  const results = await fetch(`${jobs.href}/${id}/results?maxRecords=10000000`, { headers });
  if (results.body === null) throw new Error('no results');
  await pipeline(results.body, createWriteStream(to));
  await chmod(to, 0o644);
}
