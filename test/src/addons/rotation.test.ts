import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';

import { addonLoop } from '../../../src/addons/addon-loop.ts';
import { postgresProvider } from '../../../src/addons/postgres-provider.ts';
import { serverUrl } from '../../support/database.ts';
import { until } from '../../support/until.ts';
import { clientOf, type Client } from '../support/client.ts';
import { createTestPlatform, type TestPlatform } from '../support/test-platform.ts';

let world: TestPlatform;
let client: Client;
const stop = new AbortController();
let running: Promise<void>;
let loop: ReturnType<typeof addonLoop>;

beforeAll(async () => {
  world = await createTestPlatform();
  client = clientOf(world.api, await world.account('owner@example.com'));
  loop = addonLoop(world.platform, [postgresProvider(serverUrl())]);
  running = loop.run(stop.signal);
});

afterAll(async () => {
  await client.delete('/apps/rotating');
  await until(
    async () => {
      loop.wake();
      return (await world.platform.pool.query('select from addons')).rowCount === 0 || undefined;
    },
    { what: 'the database to go' },
  );
  stop.abort();
  await running;
  await world[Symbol.asyncDispose]();
});

async function databaseUrl(app: string): Promise<string> {
  return until(
    async () => {
      loop.wake();
      const [addon] = (await client.get(`/apps/${app}/addons`)).body;
      if (addon?.state !== 'provisioned') return undefined;
      return (await client.get(`/apps/${app}/config-vars`)).body.DATABASE_URL;
    },
    { what: 'the database' },
  );
}

async function opens(url: string): Promise<boolean> {
  const connection = new pg.Client(url);
  connection.on('error', () => undefined);
  try {
    await connection.connect();
    return true;
  } catch {
    return false;
  } finally {
    await connection.end().catch(() => undefined);
  }
}

test('rotating a database’s credentials gives the app a release with the new URL, and the old one opens nothing', async () => {
  await client.post('/apps', { name: 'rotating' }).expect(201);
  const { body: addon } = await client.post('/apps/rotating/addons', { plan: 'heroku-postgresql' });
  const before = await databaseUrl('rotating');
  expect(await opens(before)).toBe(true);
  const path = `/postgres/v0/databases/${addon.name}/credentials/default`;
  await client.post(`${path}/credentials_rotation`).expect(202);
  const after = await databaseUrl('rotating');
  expect(after).not.toBe(before);
  expect([await opens(before), await opens(after)]).toEqual([false, true]);
  const releases = await client.get('/apps/rotating/releases');
  expect(releases.body.at(-1).description).toMatch(/^Update DATABASE, HEROKU_POSTGRESQL_\w+ /);
  const credential = await client.get(path);
  expect(credential.body).toMatchObject({
    state: 'active',
    host: 'localhost',
    credentials: [{ user: new URL(after).username, password: new URL(after).password }],
  });
  const info = await client.get(`/client/v11/databases/${addon.id}`);
  expect(info.body.info).toContainEqual({
    name: 'Status',
    values: ['Available'],
    resolve_db_name: false,
  });
});
