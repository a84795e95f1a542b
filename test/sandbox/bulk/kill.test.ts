import { expect, test } from '@jest/globals';
import { z } from 'zod';

import { until } from '../../support/until.ts';
import { startOrgProcess } from './org-process.ts';

const ROWS = 35_000;
const JOBS = '/services/data/v60.0/jobs/ingest';

test('an ingest whose process is killed goes on at the next start and saves every row once', async () => {
  await using org = await startOrgProcess();
  const token = await org.login();
  const call = async (method: string, path: string, body: string, type: string) =>
    z.looseObject({ id: z.string() }).parse(
      JSON.parse(
        (await (
          await fetch(`${org.url}${path}`, {
            method,
            body,
            headers: { authorization: `Bearer ${token}`, 'content-type': type },
          })
        ).text()) || '{"id":""}',
      ),
    );
  const { id } = await call(
    'POST',
    JOBS,
    JSON.stringify({ object: 'Account', operation: 'insert' }),
    'application/json',
  );
  const lines = Array.from({ length: ROWS }, (_, at) => `Killed ${at}`);
  await call('PUT', `${JOBS}/${id}/batches`, `Name\n${lines.join('\n')}\n`, 'text/csv');
  await call(
    'PATCH',
    `${JOBS}/${id}`,
    JSON.stringify({ state: 'UploadComplete' }),
    'application/json',
  );

  // Two kills: one in the first batch's transaction, one after a batch was committed.
  for (const least of [0, 1]) {
    await until(
      async () => {
        const { rows } = await org.pool.query(
          `select (select records_processed::int from bulk_jobs where id = $1) as processed,
                  exists (select from pg_stat_activity where application_name = 'landbridge sandbox' and xact_start is not null and state <> 'idle' and pid <> pg_backend_pid()) as writing`,
          [id],
        );
        const [{ processed, writing }] = z
          .tuple([z.object({ processed: z.number(), writing: z.boolean() })])
          .parse(rows);
        return writing && processed >= least * 10_000 && processed < ROWS ? true : undefined;
      },
      { what: 'a batch that is being written', everyMs: 5 },
    );
    await org.kill();
    await org.start();
  }
  await until(
    async () => {
      const { rows } = await org.pool.query('select state from bulk_jobs where id = $1', [id]);
      return rows[0].state === 'JobComplete' ? true : undefined;
    },
    { what: 'the job to end', timeoutMs: 60_000 },
  );
  const { rows: counted } = await org.pool.query(
    "select count(*)::int as n, count(distinct name)::int as names from org.account where name like 'Killed %'",
  );
  expect(counted).toEqual([{ n: ROWS, names: ROWS }]);
  const results = await fetch(`${org.url}${JOBS}/${id}/successfulResults`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const saved = (await results.text()).trim().split('\n').slice(1);
  expect(new Set(saved.map((line) => line.split('","')[2])).size).toBe(ROWS);
}, 120_000);
