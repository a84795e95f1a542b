import { z } from 'zod';

import { startOrgProcess } from '../test/sandbox/bulk/org-process.ts';
import globalSetup from '../test/support/global-setup.ts';
import globalTeardown from '../test/support/global-teardown.ts';
import { megabytes, memoryOf } from './support.ts';

// An org of two million contacts by itself: it answers, and the memory of its process does not grow with what it answers.
const CONTACTS = Number(process.env['BENCH_SCALE'] ?? 2_000_000);
/** Children of one account. */
const CHILDREN = Math.min(500_000, Math.floor(CONTACTS / 4));
/** What any answer may add to the process, however large it is (sandbox/bulk/README.md). */
const GROWTH_BYTES_MAX = 150_000_000;
/** What a person waits for without noticing. */
const LOOKUP_MS_MAX = 100;
const PAGES = 20;

const Job = z.object({ id: z.string(), state: z.string() });
const Page = z.object({
  totalSize: z.number(),
  records: z.array(z.record(z.string(), z.unknown())),
  nextRecordsUrl: z.string().optional(),
});
const Child = z.object({ totalSize: z.number(), nextRecordsUrl: z.string() });

await globalSetup();
try {
  await using org = await startOrgProcess({ LANDBRIDGE_ORG_ADMIN: 'on' });
  const headers = {
    authorization: `Bearer ${await org.login()}`,
    'content-type': 'application/json',
    'accept-encoding': 'identity',
  };
  const failures: string[] = [];
  const call = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const response = await fetch(new URL(path, org.url), { ...init, headers });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response;
  };
  const soql = (text: string): string => `/services/data/v62.0/query?q=${encodeURIComponent(text)}`;
  const query = async (path: string) => Page.parse(await (await call(path)).json());
  /** Runs a part, says how long it took and what it added to the process at its highest. */
  const part = async (what: string, msMax: number | undefined, run: () => Promise<string>) => {
    let peak = 0;
    const before = memoryOf(org.pid()).now;
    const sampling = setInterval(() => {
      peak = Math.max(peak, memoryOf(org.pid()).now);
    }, 100);
    const startedAt = performance.now();
    const said = await run();
    const ms = performance.now() - startedAt;
    clearInterval(sampling);
    const grown = Math.max(0, Math.max(peak, memoryOf(org.pid()).now) - before);
    console.log(
      `${what.padEnd(34)} ${(ms / 1_000).toFixed(2).padStart(8)} s   ${`+${megabytes(grown)}`.padStart(8)}   ${said}`,
    );
    if (grown > GROWTH_BYTES_MAX) failures.push(`${what} added ${megabytes(grown)} to the process`);
    if (msMax !== undefined && ms > msMax) failures.push(`${what} took ${ms.toFixed(0)} ms`);
  };

  await part(`seed ${CONTACTS.toLocaleString('en')} contacts`, undefined, async () => {
    const body = JSON.stringify({ object: 'Contact', count: CONTACTS, seed: 7 });
    return (await call('/admin/seed', { method: 'POST', body })).text();
  });
  await org.pool.query(
    `update org.contact set accountid = (select id from org.account where not isdeleted order by id limit 1)
      where id in (select id from org.contact order by id desc limit $1)`,
    [CHILDREN],
  );
  await org.pool.query('analyze org.contact');
  const sample = (await query(soql('SELECT Id FROM Contact ORDER BY Id DESC LIMIT 1'))).records[0];
  const id = String(sample?.['Id']);

  await part('Bulk query, streamed to its end', undefined, async () => {
    const jobs = '/services/data/v62.0/jobs/query';
    const text =
      'SELECT Id, AccountId, LastName, FirstName, Email, Phone, MailingStreet, MailingCity, SystemModstamp FROM Contact';
    const body = JSON.stringify({ operation: 'query', query: text });
    const { id: job } = Job.parse(await (await call(jobs, { method: 'POST', body })).json());
    for (;;) {
      const { state } = Job.parse(await (await call(`${jobs}/${job}`)).json());
      if (state === 'JobComplete') break;
      if (state === 'Failed') throw new Error('the job failed');
      await new Promise((resolve) => {
        setTimeout(resolve, 100);
      });
    }
    let bytes = 0;
    let records = 0;
    for (let locator = ''; locator !== 'null';) {
      const response = await call(`${jobs}/${job}/results?locator=${locator}`);
      locator = response.headers.get('sforce-locator') ?? 'null';
      records += Number(response.headers.get('sforce-numberofrecords'));
      for await (const chunk of response.body ?? []) bytes += chunk.length;
    }
    if (records < CONTACTS) failures.push(`the Bulk query answered ${records} records`);
    return `${records.toLocaleString('en')} records, ${megabytes(bytes)}`;
  });
  await part(`REST, ${PAGES} pages of everything`, undefined, async () => {
    let page = await query(soql('SELECT Id, LastName, Email, SystemModstamp FROM Contact'));
    for (let read = 1; read < PAGES; read += 1) page = await query(page.nextRecordsUrl ?? '');
    return `of ${page.totalSize.toLocaleString('en')}`;
  });
  await part(`one parent of ${CHILDREN.toLocaleString('en')} children`, undefined, async () => {
    const text = `SELECT Name, (SELECT LastName, Email FROM Contacts ORDER BY LastName) FROM Account WHERE Id IN (SELECT AccountId FROM Contact WHERE Id = '${id}')`;
    const { records } = await query(soql(text));
    const { totalSize, nextRecordsUrl } = Child.parse(records[0]?.['Contacts']);
    let next: string | undefined = nextRecordsUrl;
    for (let read = 0; read < PAGES && next !== undefined; read += 1) {
      next = (await query(next)).nextRecordsUrl;
    }
    return `of ${totalSize.toLocaleString('en')}`;
  });
  await part('SELECT COUNT() FROM Contact', undefined, async () => {
    const { totalSize } = await query(soql('SELECT COUNT() FROM Contact'));
    return totalSize.toLocaleString('en');
  });
  for (const [what, where] of [
    ['by id', `Id = '${id}'`],
    [
      'by SystemModstamp, newest',
      'SystemModstamp > 2020-01-01T00:00:00Z ORDER BY SystemModstamp DESC, Id DESC',
    ],
  ] as const) {
    await query(soql(`SELECT Id FROM Contact WHERE ${where} LIMIT 10`));
    await part(`lookup ${what}`, LOOKUP_MS_MAX, async () => {
      const { totalSize } = await query(
        soql(`SELECT Id, Name FROM Contact WHERE ${where} LIMIT 10`),
      );
      return `${totalSize} records`;
    });
  }
  console.log(`the process at its highest: ${megabytes(memoryOf(org.pid()).peak)}`);
  if (failures.length > 0) {
    console.error(failures.join('\n'));
    process.exitCode = 1;
  }
} finally {
  await globalTeardown();
}
