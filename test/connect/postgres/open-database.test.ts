import { afterAll, beforeAll, expect, test } from '@jest/globals';

import type { AppDatabase } from '../../../connect/app-database.ts';
import { applyMappings } from '../../../connect/postgres/apply-mappings.ts';
import { openDatabase } from '../../../connect/postgres/open-database.ts';
import { silentLog } from '../../../src/kit/log.ts';
import { createAppDatabase, type AppDatabase as TestDatabase } from '../support/app-database.ts';
import { contactPlan } from '../support/describes.ts';

let owned: TestDatabase;
let database: AppDatabase;
const DAY_MS = 86_400_000;
const daysAgo = (days: number): Date => new Date(Date.now() - days * DAY_MS);

beforeAll(async () => {
  owned = await createAppDatabase();
  const address = {
    url: owned.url,
    schema: 'salesforce',
    connectionId: 'c0ffee00-0000-4000-8000-000000000000',
  };
  database = openDatabase(address, silentLog);
  await applyMappings(owned.connect, {
    schema: 'salesforce',
    organizationId: undefined,
    plans: [contactPlan()],
  });
  await owned.connect
    .query(`insert into salesforce._trigger_log_archive (id, state, action, table_name, record_id, sfid, "values", sf_message, created_at, processed_at) values
    (1001, 'FAILED', 'UPDATE', 'contact', 7, '003A', '"lastname"=>"x"', 'no', now(), now()),
    (1002, 'FAILED', 'UPDATE', 'account', 8, '001A', '"name"=>"x"', 'no', now(), now()),
    (1003, 'FAILED', 'UPDATE', 'contact', 9, '003B', '"lastname"=>"x"', 'old', now() - interval '2 days', now() - interval '2 days'),
    (1004, 'SUCCESS', 'UPDATE', 'contact', 9, '003B', '"lastname"=>"x"', null, now() - interval '40 days', now() - interval '40 days')`);
});

afterAll(async () => {
  await database[Symbol.asyncDispose]();
  await owned[Symbol.asyncDispose]();
});

test('write errors are those of the time asked for, of one table or of all', async () => {
  await owned.app.query(`insert into salesforce.contact (lastname) values ('Doe')`);
  expect(await database.countRows('contact')).toEqual({
    rows: 1,
    pending: 1,
    errors: 1,
    unsynced: 0,
  });
  const ids = async (table: string | null) => {
    const { errors } = await database.listWriteErrors({ table, since: daysAgo(1), max: 10 });
    return errors.map(({ id }) => id).toSorted((a, b) => a - b);
  };
  expect(await ids(null)).toEqual([1001, 1002]);
  expect(await ids('contact')).toEqual([1001]);
});

test('an archived entry marked REQUEUE goes to the log as NEW, once', async () => {
  await owned.app.query(
    `update salesforce._trigger_log_archive set state = 'REQUEUE' where id = 1001`,
  );
  expect(await database.requeueMarked()).toBe(1);
  expect(await database.requeueMarked()).toBe(0);
  const { rows } = await owned.app.query(
    `select state, action, table_name, record_id, sfid, "values" from salesforce._trigger_log where record_id = 7
     union all select state, action, table_name, record_id, sfid, "values" from salesforce._trigger_log_archive where record_id = 7`,
  );
  const entry = {
    action: 'UPDATE',
    table_name: 'contact',
    record_id: 7,
    sfid: '003A',
    values: '"lastname"=>"x"',
  };
  expect(rows).toEqual([
    { state: 'NEW', ...entry },
    { state: 'REQUEUED', ...entry },
  ]);
});

test('what is older than the plan keeps leaves the archive', async () => {
  expect(await database.pruneArchive(daysAgo(31))).toBe(1);
  const { rows } = await owned.app.query(
    'select id from salesforce._trigger_log_archive order by id',
  );
  expect(rows).toEqual([{ id: 1001 }, { id: 1002 }, { id: 1003 }]);
});

test('where the database is follows from its URL', () => {
  expect(database.name).toBe(new URL(owned.url).pathname.slice(1));
  expect(database.port).toBe(Number(new URL(owned.url).port));
});

test('what was captured on a read-only mapping goes to the archive as it was', async () => {
  await owned.app.query(
    `insert into salesforce._trigger_log (id, state, action, table_name, record_id) values (2001, 'READONLY', 'UPDATE', 'account', 8)`,
  );
  expect(await database.archiveReadOnly()).toBe(1);
  const { rows } = await owned.app.query(
    `select state from salesforce._trigger_log where id = 2001 union all select state from salesforce._trigger_log_archive where id = 2001`,
  );
  expect(rows).toEqual([{ state: 'READONLY' }]);
});
