import { expect, test } from '@jest/globals';
import pg from 'pg';

import { until } from '../../support/until.ts';
import { serveOrg } from '../rest/serve-org.ts';

const CUT = `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`;
const BUSY = `select count(*)::int as busy from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and state <> 'idle'`;

test('a database that ends every session under the org’s transactions costs those requests alone', async () => {
  await using org = await serveOrg();
  const operator = new pg.Client(org.databaseUrl);
  await operator.connect();
  try {
    const statuses: unknown[] = [];
    for (let round = 0; round < 3; round += 1) {
      const holder = await hold(org.databaseUrl, operator);
      const writing = Array.from({ length: 6 }, async () => {
        const { status, body } = await org.ask('PATCH', 'composite/sobjects', {
          allOrNone: true,
          records: [{ attributes: { type: 'Account' }, id: holder.id, Name: 'Held' }],
        });
        return { status, body };
      });
      await until(
        async () => {
          const { rows } = await operator.query(BUSY);
          return JSON.stringify(rows).includes('"busy":7') ? true : undefined;
        },
        { what: 'six writers wait for the lock', timeoutMs: 5_000 },
      );
      await operator.query(CUT);
      statuses.push(...(await Promise.all(writing)));
    }
    for (const answer of statuses) {
      expect(answer).toMatchObject({ status: 503, body: [{ errorCode: 'SERVER_UNAVAILABLE' }] });
    }
    expect(await org.ask('POST', 'sobjects/Account', { Name: 'Afterwards' })).toMatchObject({
      status: 201,
    });
  } finally {
    await operator.end();
  }
}, 60_000);

/** A session that holds the lock of an account, until it is cut. */
async function hold(url: string, operator: pg.Client): Promise<{ readonly id: string }> {
  const { rows } = await operator.query('select id from org.account order by id limit 1');
  const holder = new pg.Client(url);
  holder.on('error', () => {});
  await holder.connect();
  await holder.query('begin');
  await holder.query('select from org.account where id = $1 for update', [rows[0].id]);
  return { id: String(rows[0].id) };
}
