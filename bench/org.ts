import pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { z } from 'zod';

import {
  median,
  megabytes,
  memoryOf,
  seedContacts,
  servicePid,
  startRig,
  type Rig,
} from './support.ts';

// The sandbox org by itself: a Bulk query's result against the server's COPY … TO STDOUT of the same columns and rows (goal:
// at least 0.7), a REST query of 20 fields (goal: 20,000 records/s), and collections (goal: 5,000 records/s).
const CONTACTS = Number(process.env['BENCH_CONTACTS'] ?? 200_000);
const CREATED = Number(process.env['BENCH_CREATED'] ?? 10_000);
const ROUNDS = 3;
const COLLECTION_RECORDS = 200;
const FIELDS =
  'Id, AccountId, LastName, FirstName, Name, Email, Phone, MobilePhone, Title, Department, MailingStreet, MailingCity, MailingState, MailingPostalCode, MailingCountry, Birthdate, IsDeleted, SystemModstamp, CreatedDate, LastModifiedDate';

const Job = z.object({ id: z.string(), state: z.string() });
const Page = z.object({ records: z.array(z.unknown()), nextRecordsUrl: z.string().optional() });

await using rig = await startRig();
console.log(`seeding ${CONTACTS.toLocaleString('en')} contacts …`);
await seedContacts(rig, CONTACTS);
const pid = servicePid(rig, 'sandbox/main.ts');
const before = memoryOf(pid).now;
const database = new pg.Client(rig.adminUrl('landbridge_sandbox'));
await database.connect();

const copies: number[] = [];
const streams: number[] = [];
const whole: number[] = [];
let rows = 0;
for (let round = 0; round < ROUNDS; round += 1) {
  copies.push(await timeCopy(database));
  const bulk = await timeBulk(rig);
  streams.push(bulk.stream);
  whole.push(bulk.whole);
  rows = bulk.rows;
}
const peak = memoryOf(pid).peak;
const query = await timeQuery(rig);
const created = await timeCollections(rig);
await database.end();
console.log(`
rows             ${rows.toLocaleString('en')}
COPY TO STDOUT   ${rate(rows, median(copies))} rows/s
Bulk result      ${rate(rows, median(streams))} rows/s, ratio ${(median(copies) / median(streams)).toFixed(2)}   goal >= 0.7
Bulk query       ${rate(rows, median(whole))} rows/s from the creation of the job, ratio ${(median(copies) / median(whole)).toFixed(2)}
memory           ${megabytes(before)} before, ${megabytes(peak)} at its highest while results streamed
REST query       ${rate(query.rows, query.ms)} records/s   goal >= 20000
collections      ${rate(CREATED, created)} records/s   goal >= 5000`);

function rate(count: number, ms: number): string {
  return ((count / ms) * 1_000).toFixed(0);
}

async function timeCopy(client: pg.Client): Promise<number> {
  const startedAt = performance.now();
  const columns = FIELDS.toLowerCase();
  const copy = client.query(
    copyTo(
      `copy (select ${columns} from org.contact where not isdeleted) to stdout (format csv, force_quote *)`,
    ),
  );
  for await (const chunk of copy) void chunk;
  return performance.now() - startedAt;
}

function headers({ orgToken }: Rig): Record<string, string> {
  return {
    authorization: `Bearer ${orgToken}`,
    'content-type': 'application/json',
    'accept-encoding': 'identity',
  };
}

/** The job from its creation to its last byte, and one more download of the finished result. */
async function timeBulk(org: Rig): Promise<{ whole: number; stream: number; rows: number }> {
  const jobs = new URL('/services/data/v62.0/jobs/query', org.orgUrl).href;
  const startedAt = performance.now();
  const created = await fetch(jobs, {
    method: 'POST',
    headers: headers(org),
    body: JSON.stringify({ operation: 'query', query: `select ${FIELDS} from Contact` }),
  });
  const { id } = Job.parse(await created.json());
  for (;;) {
    const { state } = Job.parse(
      await (await fetch(`${jobs}/${id}`, { headers: headers(org) })).json(),
    );
    if (state === 'JobComplete') break;
    if (state === 'Failed') throw new Error('the job failed');
    await new Promise((resolve) => {
      setTimeout(resolve, 10);
    });
  }
  const results = `${jobs}/${id}/results?maxRecords=${CONTACTS * 2}`;
  const counted = await drain(results, org);
  const all = performance.now() - startedAt;
  const againAt = performance.now();
  await drain(results, org);
  const stream = performance.now() - againAt;
  await fetch(`${jobs}/${id}`, { method: 'DELETE', headers: headers(org) });
  return { whole: all, stream, rows: counted };
}

async function drain(url: string, org: Rig): Promise<number> {
  const response = await fetch(url, { headers: headers(org) });
  if (!response.ok || response.body === null) throw new Error(`${url}: ${response.status}`);
  for await (const chunk of response.body) void chunk;
  return Number(response.headers.get('sforce-numberofrecords'));
}

async function timeQuery(org: Rig): Promise<{ ms: number; rows: number }> {
  const startedAt = performance.now();
  let counted = 0;
  let path: string | undefined =
    `/services/data/v62.0/query?q=${encodeURIComponent(`select ${FIELDS} from Contact limit 50000`)}`;
  while (path !== undefined) {
    const response = await fetch(new URL(path, org.orgUrl), { headers: headers(org) });
    const page = Page.parse(await response.json());
    counted += page.records.length;
    path = page.nextRecordsUrl;
  }
  return { ms: performance.now() - startedAt, rows: counted };
}

async function timeCollections(org: Rig): Promise<number> {
  const url = new URL('/services/data/v62.0/composite/sobjects', org.orgUrl);
  const startedAt = performance.now();
  for (let at = 0; at < CREATED; at += COLLECTION_RECORDS) {
    const records = Array.from({ length: COLLECTION_RECORDS }, (_, index) => ({
      attributes: { type: 'Contact' },
      LastName: `Bench ${at + index}`,
      Email: `bench${at + index}@example.com`,
    }));
    const response = await fetch(url, {
      method: 'POST',
      headers: headers(org),
      body: JSON.stringify({ allOrNone: true, records }),
    });
    if (!response.ok) throw new Error(await response.text());
    await response.body?.cancel();
  }
  return performance.now() - startedAt;
}
