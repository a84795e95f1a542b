import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { applyMappings } from '../../../connect/postgres/apply-mappings.ts';
import { openDoorbell, type Doorbell } from '../../../connect/postgres/doorbell.ts';
import { silentLog } from '../../../src/kit/log.ts';
import { until } from '../../support/until.ts';
import { createAppDatabase, type AppDatabase } from '../support/app-database.ts';
import { contactPlan } from '../support/describes.ts';

let database: AppDatabase;
let doorbell: Doorbell;
let rings = 0;

beforeAll(async () => {
  database = await createAppDatabase();
  await applyMappings(database.connect, {
    schema: 'Sales force',
    organizationId: undefined,
    plans: [contactPlan()],
  });
  doorbell = await openDoorbell({
    url: database.url,
    schema: 'Sales force',
    applicationName: 'doorbell-test',
    log: silentLog,
  });
  doorbell.subscribe(() => {
    rings += 1;
  });
});

afterAll(async () => {
  await doorbell[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

const rung = (times: number) =>
  until(() => (rings >= times ? rings : undefined), { what: `${times} rings` });

test('rings once for a transaction that writes, however many rows, and never for Connect’s own', async () => {
  await database.app.query(
    `insert into "Sales force".contact (lastname) select 'n' || i from generate_series(1, 50) i`,
  );
  expect(await rung(1)).toBe(1);
  await database.connect.query(`update "Sales force".contact set lastname = 'x'`);
  await database.app.query(`update "Sales force".contact set lastname = 'y' where id = 1`);
  expect(await rung(2)).toBe(2);
});

test('rings when its connection is back, since what was written meanwhile was not heard', async () => {
  const before = rings;
  await database.app.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'doorbell-test'`,
  );
  await rung(before + 1);
  await database.app.query(`update "Sales force".contact set lastname = 'z' where id = 1`);
  await rung(before + 2);
});
