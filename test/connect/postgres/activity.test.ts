import { afterAll, beforeAll, expect, test } from '@jest/globals';

import {
  countTable,
  findMissingMetadata,
  purgeArchive,
  readWriteErrors,
  requeueMarked,
} from '../../../connect/postgres/activity.ts';
import { applyMappings } from '../../../connect/postgres/apply-mappings.ts';
import { createAppDatabase, type AppDatabase } from '../support/app-database.ts';
import { contactPlan } from '../support/describes.ts';

let database: AppDatabase;

beforeAll(async () => {
  database = await createAppDatabase();
  await applyMappings(database.connect, {
    schema: 'salesforce',
    organizationId: undefined,
    plans: [contactPlan()],
  });
  await database.connect
    .query(`insert into salesforce._trigger_log_archive (id, state, action, table_name, record_id, sfid, "values", sf_message, created_at, processed_at) values
    (1001, 'FAILED', 'UPDATE', 'contact', 7, '003A', '"lastname"=>"x"', 'no', now(), now()),
    (1002, 'FAILED', 'UPDATE', 'account', 8, '001A', '"name"=>"x"', 'no', now(), now()),
    (1003, 'FAILED', 'UPDATE', 'contact', 9, '003B', '"lastname"=>"x"', 'old', now() - interval '2 days', now() - interval '2 days'),
    (1004, 'SUCCESS', 'UPDATE', 'contact', 9, '003B', '"lastname"=>"x"', null, now() - interval '40 days', now() - interval '40 days')`);
});

afterAll(async () => {
  await database[Symbol.asyncDispose]();
});

test('counts and write errors speak of the last 24 hours, of one table or of all', async () => {
  await database.app.query(`insert into salesforce.contact (lastname) values ('Doe')`);
  expect(await countTable(database.connect, 'salesforce', 'contact')).toEqual({
    rows: 1,
    pending: 1,
    errors: 1,
  });
  const ids = async (table: string | undefined) =>
    (await readWriteErrors(database.connect, 'salesforce', { table, max: 10 })).map(({ id }) => id);
  expect(await ids(undefined)).toEqual([1002, 1001]);
  expect(await ids('contact')).toEqual([1001]);
});

test('an archived entry marked REQUEUE goes to the log as NEW, once', async () => {
  await database.app.query(
    `update salesforce._trigger_log_archive set state = 'REQUEUE' where id = 1001`,
  );
  expect(await requeueMarked(database.connect, 'salesforce')).toBe(1);
  expect(await requeueMarked(database.connect, 'salesforce')).toBe(0);
  const { rows } = await database.app.query(
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
  expect(await purgeArchive(database.connect, 'salesforce', 31)).toBe(false);
  const { rows } = await database.app.query(
    'select id from salesforce._trigger_log_archive order by id',
  );
  expect(rows).toEqual([{ id: 1001 }, { id: 1002 }, { id: 1003 }]);
});

test('a schema that has lost a system table says which', async () => {
  expect(await findMissingMetadata(database.connect, 'salesforce')).toEqual([]);
  await database.app.query('drop table salesforce._hcmeta');
  expect(await findMissingMetadata(database.connect, 'salesforce')).toEqual(['_hcmeta']);
});
