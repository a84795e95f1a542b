import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createAppDatabase, type AppDatabase } from '../connect/support/app-database.ts';
import { postgresBench } from './postgres-bench.ts';
import { simulate } from './simulate.ts';

/** The same laws, engine and world, but the store is the real one: PostgreSQL with its triggers, locks and SQL. */
const SEEDS = Number(process.env['LANDBRIDGE_LAW_POSTGRES_SEEDS'] ?? 8);
const ONE_SEED = process.env['LANDBRIDGE_LAW_SEED'];

let database: AppDatabase;

beforeAll(async () => {
  database = await createAppDatabase();
});

afterAll(async () => {
  await database[Symbol.asyncDispose]();
});

test('hold over the real store', async () => {
  const openBench = postgresBench(database);
  const broken: string[] = [];
  const first = ONE_SEED === undefined ? 1 : Number(ONE_SEED);
  const last = ONE_SEED === undefined ? SEEDS : first;
  for (let seed = first; seed <= last; seed += 1) {
    const outcome = await simulate(seed, { openBench });
    for (const violation of outcome.violations)
      broken.push(`LANDBRIDGE_LAW_SEED=${seed}: ${violation}`);
  }
  expect(broken).toEqual([]);
}, 3_600_000);

test('notice an engine without lookBack over the real store', async () => {
  const openBench = postgresBench(database, 'blind');
  const noticed: string[] = [];
  for (let seed = 1; seed <= 10 && noticed.length === 0; seed += 1) {
    const { violations } = await simulate(seed, { openBench, without: 'lookBack' });
    noticed.push(...violations);
  }
  expect(noticed[0]).toMatch(/converged/);
});
