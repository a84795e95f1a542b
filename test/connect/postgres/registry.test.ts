import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';

import { openRegistry } from '../../../connect/postgres/registry/registry.ts';
import { openSecretBox, type SecretBox } from '../../../src/kit/secret-box.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { until } from '../../support/until.ts';

type Registry = Awaited<ReturnType<typeof openRegistry>>;

let database: TestDatabase;
let folder: string;
let box: SecretBox;
let registry: Registry;
let sql: pg.Client;

beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'landbridge-registry-'));
  box = await openSecretBox(join(folder, 'connect.key'));
  registry = await openRegistry(database.url, box);
  sql = new pg.Client(database.url);
  await sql.connect();
});
afterAll(async () => {
  await sql.end();
  await registry[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const connection = async () =>
  (
    await registry.connections.insert({
      id: randomUUID(),
      resourceId: randomUUID(),
      resourceName: 'herokuconnect-x',
      appId: null,
      appName: 'app',
      plan: 'demo',
      region: 'local',
    })
  ).connection;
const grant = (connectionId: string) => ({
  connectionId,
  kind: 'refresh_token' as const,
  environment: 'production' as const,
  loginUrl: 'https://login.salesforce.com',
  instanceUrl: 'https://acme.my.salesforce.com',
  organizationId: '00D000000000001AAA',
  userId: '005000000000001AAA',
  username: 'u@example.com',
  refreshToken: 'canary-refresh',
  accessToken: 'canary-access',
});

describe('grants', () => {
  test('are read as they were saved, and renewed without losing the refresh token', async () => {
    const { id } = await connection();
    await registry.grants.save(grant(id));
    const instanceUrl = 'https://other.my.salesforce.com';
    await registry.grants.renew(id, { accessToken: 'new', instanceUrl, refreshToken: null });
    expect(await registry.grants.find(id)).toMatchObject({
      refreshToken: 'canary-refresh',
      accessToken: 'new',
      instanceUrl,
    });
  });

  test('lie sealed in the database', async () => {
    const { id } = await connection();
    await registry.grants.save(grant(id));
    const { rows } = await sql.query('select to_jsonb(g)::text as row from authorization_grant g');
    expect(JSON.stringify(rows)).not.toContain('canary');
  });

  test('copied to another connection do not open', async () => {
    const [mine, theirs] = [await connection(), await connection()];
    await registry.grants.save(grant(mine.id));
    await registry.grants.save({ ...grant(theirs.id), refreshToken: 'theirs' });
    await sql.query(
      `update authorization_grant set refresh_token_sealed =
         (select refresh_token_sealed from authorization_grant where connection_id = $1) where connection_id = $2`,
      [mine.id, theirs.id],
    );
    await expect(registry.grants.find(theirs.id)).rejects.toMatchObject({
      code: 'SECRET_UNREADABLE',
    });
  });
});

test('an attempt is taken once, and not after its time', async () => {
  const { id } = await connection();
  const attempt = {
    connectionId: id,
    environment: 'production' as const,
    loginUrl: 'https://login.salesforce.com',
    verifier: 'canary-verifier',
    nextUrl: null,
    expiresAt: new Date(1_000_000),
  };
  await registry.attempts.insert('state-1', attempt);
  expect(await registry.attempts.take('state-1', new Date(999_999))).toEqual(attempt);
  expect(await registry.attempts.take('state-1', new Date(999_999))).toBeUndefined();
  await registry.attempts.insert('state-2', attempt);
  expect(await registry.attempts.take('state-2', new Date(1_000_000))).toBeUndefined();
});

test('a mapping keeps the order of its keys, and counts the edits that change something', async () => {
  const { id } = await connection();
  const config = { fields: { Zebra: {}, Apple: {} }, access: 'read_only' };
  const [first] = await registry.mappings.save(id, [{ objectName: 'Contact', config }]);
  expect(JSON.stringify(first?.config)).toBe(JSON.stringify(config));
  const [same] = await registry.mappings.save(id, [{ objectName: 'contact', config }]);
  expect(same).toMatchObject({ id: first?.id, revision: 1 });
  const [edited] = await registry.mappings.save(id, [
    { objectName: 'Contact', config: { ...config, access: 'read_write' } },
  ]);
  expect(edited).toMatchObject({ id: first?.id, revision: 2 });
});

test('a notification is told once until it is acknowledged', async () => {
  const { id } = await connection();
  const told = { eventType: 'mapping-error', message: 'x' };
  await registry.notifications.insert(id, told);
  await registry.notifications.insert(id, told);
  const list = () => registry.notifications.listUnacknowledged(id, { max: 10 });
  expect(await list()).toHaveLength(1);
  await registry.notifications.acknowledge(id, { eventType: 'other' });
  expect(await list()).toHaveLength(1);
  await registry.notifications.acknowledge(id, {});
  expect(await list()).toEqual([]);
});

describe('a lease', () => {
  test('is one process’s at a time', async () => {
    const { id } = await connection();
    await using other = await openRegistry(database.url, box);
    const lease = await registry.leases.take(id);
    expect(await other.leases.take(id)).toBeUndefined();
    await lease?.[Symbol.asyncDispose]();
    const next = await other.leases.take(id);
    expect(next).toBeDefined();
  });

  test('whose session breaks is lost, and its holder is told', async () => {
    const { id } = await connection();
    const lease = await registry.leases.take(id);
    await sql.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'landbridge-connect leases'`,
    );
    await until(() => (lease?.lost.aborted === true ? true : undefined), { what: 'the loss' });
    expect(await registry.leases.take(id)).toBeDefined();
  });
});
