import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import { z } from 'zod';

import { until } from '../../support/until.ts';
import { createBulkOrg, type BulkOrg } from './bulk-org.ts';

const ROWS = 5_000;
const JOBS = '/services/data/v60.0/jobs/query';

const Job = z.looseObject({
  id: z.string(),
  state: z.string(),
  numberRecordsProcessed: z.number(),
  object: z.string(),
});
const Errors = z.array(z.object({ errorCode: z.string(), message: z.string() }));

let bulk: BulkOrg;

beforeAll(async () => {
  bulk = await createBulkOrg();
  await bulk.pool.query('delete from org.contact');
  await bulk.pool.query(
    `insert into org.contact (id, lastname, description, ownerid, systemmodstamp, createddate, lastmodifieddate)
     select salesforce_id('003', 'gL', n + 1000000), 'Last ' || n,
            case n % 3 when 0 then E'a "quoted"\\nline, with \\'all\\'' when 1 then null else 'Ågren ✓' end,
            $1, now(), now(), now()
       from generate_series(1, $2::int) n`,
    [bulk.org.adminUserId, ROWS],
  );
});

afterAll(async () => {
  await bulk[Symbol.asyncDispose]();
});

async function runJob(query: string, more: object = {}): Promise<z.infer<typeof Job>> {
  const created = await bulk.call('POST', JOBS, { body: { operation: 'query', query, ...more } });
  const { id } = Job.parse(await created.json());
  return until(
    async () => {
      const job = Job.parse(await (await bulk.call('GET', `${JOBS}/${id}`)).json());
      return job.state === 'JobComplete' || job.state === 'Failed' ? job : undefined;
    },
    { what: 'the job’s end' },
  );
}

async function errorOf(response: Response): Promise<string> {
  const [error] = z.tuple([Errors.element]).parse(await response.json());
  return `${response.status} ${error.errorCode}: ${error.message}`;
}

describe('a query job', () => {
  test('answers every row once over pages that each begin with the header', async () => {
    const job = await runJob('select id, lastname, Description from contact');
    expect(job).toMatchObject({
      state: 'JobComplete',
      numberRecordsProcessed: ROWS,
      object: 'Contact',
      jobType: 'V2Query',
    });
    const seen = new Map<string, string | undefined>();
    let locator = '';
    let pages = 0;
    do {
      const page = await bulk.call('GET', `${JOBS}/${job.id}/results?maxRecords=1234${locator}`);
      expect(page.headers.get('content-type')).toBe('text/csv; charset=UTF-8');
      const text = await page.text();
      expect(text.startsWith('"Id","LastName","Description"\n"003')).toBe(true);
      const rows = parse(text, { columns: true });
      expect(rows).toHaveLength(Number(page.headers.get('sforce-numberofrecords')));
      for (const row of z.array(z.record(z.string(), z.string())).parse(rows))
        seen.set(row['Id'] ?? '', row['Description']);
      locator = `&locator=${page.headers.get('sforce-locator')}`;
      pages += 1;
    } while (locator !== '&locator=null');
    expect(pages).toBe(5);
    expect(seen.size).toBe(ROWS);
    expect(new Set(seen.values())).toEqual(
      new Set(['a "quoted"\nline, with \'all\'', '', 'Ågren ✓']),
    );
    expect(bulk.reported).toEqual([]);
  });

  test('keeps its pages as they were, whatever is written to the org afterwards', async () => {
    const job = await runJob('SELECT Id, LastName FROM Contact ORDER BY Id LIMIT 10');
    const path = `${JOBS}/${job.id}/results?maxRecords=3&locator=${Buffer.from('4').toString('base64url')}`;
    const before = await (await bulk.call('GET', path)).text();
    await bulk.pool.query(
      "update org.contact set lastname = 'Changed' where lastname in ('Last 5', 'Last 6')",
    );
    expect(await (await bulk.call('GET', path)).text()).toBe(before);
    expect(before.split('\n')).toHaveLength(5);
  });

  test('compresses for those who take it, and separates as it is told', async () => {
    const job = await runJob(
      "SELECT LastName, Description FROM Contact WHERE LastName IN ('Last 3', 'Last 2') ORDER BY LastName",
      { columnDelimiter: 'SEMICOLON', lineEnding: 'CRLF' },
    );
    const response = await bulk.call('GET', `${JOBS}/${job.id}/results`, {
      headers: { 'accept-encoding': 'gzip' },
    });
    expect(response.headers.get('content-encoding')).toBe('gzip');
    expect(await response.text()).toBe(
      '"LastName";"Description"\r\n"Last 2";"Ågren ✓"\r\n"Last 3";"a ""quoted""\nline, with \'all\'"\r\n',
    );
  });

  test('names up to five pages for parallel download', async () => {
    const job = await runJob('SELECT Id FROM Contact LIMIT 5');
    expect(await (await bulk.call('GET', `${JOBS}/${job.id}/resultPages`)).json()).toEqual({
      resultPages: [{ resultLink: `${JOBS}/${job.id}/results?locator=MA` }],
      nextRecordsUrl: null,
      done: true,
    });
  });

  test('whose process ended while the results were written fails, rather than answering half of them', async () => {
    const job = await runJob('SELECT Id FROM Contact LIMIT 2');
    const index = join(bulk.org.config.home, 'org-bulk', `${job.id}-results.csv.index`);
    await until(() => (existsSync(index) ? true : undefined), { what: 'the end of the export' });
    await rm(index);
    const path = `${JOBS}/${job.id}`;
    const refused = await until(
      async () => {
        const response = await bulk.call('GET', `${path}/results`);
        return response.ok ? undefined : response;
      },
      { what: 'the refusal' },
    );
    expect(await errorOf(refused)).toMatch(
      /^400 INVALIDJOBSTATE: InternalServerError : The service ended/,
    );
    expect(await (await bulk.call('GET', path)).json()).toMatchObject({ state: 'Failed' });
  });

  test('with no rows answers the header alone', async () => {
    const job = await runJob("SELECT Id FROM Contact WHERE LastName = 'nobody'");
    const response = await bulk.call('GET', `${JOBS}/${job.id}/results`);
    expect([
      await response.text(),
      response.headers.get('sforce-locator'),
      response.headers.get('sforce-numberofrecords'),
    ]).toEqual(['"Id"\n', 'null', '0']);
  });

  test('is listed, and gone once deleted', async () => {
    const job = await runJob('SELECT Id FROM Contact LIMIT 1');
    const list = z.object({ done: z.boolean(), records: z.array(Job) });
    expect(
      list.parse(await (await bulk.call('GET', JOBS)).json()).records.map(({ id }) => id),
    ).toContain(job.id);
    expect((await bulk.call('DELETE', `${JOBS}/${job.id}`)).status).toBe(204);
    expect(await errorOf(await bulk.call('GET', `${JOBS}/${job.id}/results`))).toBe(
      '404 NOT_FOUND: The requested resource does not exist',
    );
  });
});

describe('refused', () => {
  test.each([
    [
      'SELECT COUNT(Id) FROM Contact',
      '400 FUNCTIONALITY_NOT_ENABLED: Aggregate functions and GROUP BY are not supported in Bulk Query',
    ],
    [
      'SELECT Id, (SELECT Id FROM Contacts) FROM Account',
      '400 FUNCTIONALITY_NOT_ENABLED: Aggregate Relationships not supported in Bulk Query',
    ],
    [
      'SELECT MailingAddress FROM Contact',
      '400 FUNCTIONALITY_NOT_ENABLED: Selecting compound data not supported in Bulk Query',
    ],
    [
      'SELECT Id FROM Contact OFFSET 3',
      '400 FUNCTIONALITY_NOT_ENABLED: OFFSET is not supported in Bulk Query',
    ],
  ])('%s', async (query, expected) => {
    expect(
      await errorOf(await bulk.call('POST', JOBS, { body: { operation: 'query', query } })),
    ).toBe(expected);
  });

  test('a bad statement, a token that is none, results through another version', async () => {
    expect(
      await errorOf(
        await bulk.call('POST', JOBS, {
          body: { operation: 'query', query: 'SELECT Nope FROM Contact' },
        }),
      ),
    ).toMatch(/^400 INVALID_FIELD: \nSELECT Nope/);
    expect(
      await errorOf(await bulk.call('GET', JOBS, { headers: { authorization: 'Bearer x' } })),
    ).toBe('401 INVALID_SESSION_ID: Session expired or invalid');
    const job = await runJob('SELECT Id FROM Contact LIMIT 1');
    const other = await bulk.call('GET', `/services/data/v59.0/jobs/query/${job.id}/results`);
    expect(other.status).toBe(409);
    expect((await bulk.call('GET', `${JOBS}/${job.id}/results?locator=zzz`)).status).toBe(400);
    expect(
      await errorOf(await bulk.call('PATCH', `${JOBS}/${job.id}`, { body: { state: 'Aborted' } })),
    ).toBe('400 INVALIDJOBSTATE: Aborting already JobComplete Job not allowed');
  });
});
