import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';

import { namesOf, postgresProvider } from '../../../src/addons/postgres-provider.ts';
import type { Addon } from '../../../src/store/addons.ts';
import { serverUrl } from '../../support/database.ts';

const provider = postgresProvider(serverUrl());
const signal = AbortSignal.timeout(60_000);
const addons = [addon(), addon()];
const urls: string[] = [];

function addon(): Addon {
  const now = new Date();
  return {
    id: randomUUID(),
    app_id: randomUUID(),
    app_name: 'x',
    service: 'heroku-postgresql',
    plan: 'heroku-postgresql:essential-0',
    name: 'x',
    options: {},
    state: 'provisioning',
    provider_id: null,
    provision_message: null,
    config_sealed: null,
    failure: null,
    attempts: 0,
    created_at: now,
    updated_at: now,
  };
}

async function query(url: string, text: string): Promise<readonly unknown[]> {
  const client = new pg.Client(url);
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

beforeAll(async () => {
  for (const one of addons) {
    const given = await provider.provision(one, signal);
    urls.push(given?.config['URL'] ?? '');
  }
});

afterAll(async () => {
  for (const one of addons) await provider.deprovision(one, signal);
});

test('an app gets a database it owns, with hstore, under a postgres:// URL', async () => {
  const [url = ''] = urls;
  expect(url).toMatch(/^postgres:\/\/u[0-9a-f]{32}:[0-9a-f]{64}@/);
  await query(
    url,
    `create schema salesforce; create table salesforce.contact (id serial, more hstore)`,
  );
  await query(url, `insert into salesforce.contact (more) values ('a=>1')`);
  expect(await query(url, `select more -> 'a' as a from salesforce.contact`)).toEqual([{ a: '1' }]);
  await query(url, 'create table in_public (id int)');
});

test('one app cannot open another’s database, nor the server’s own', async () => {
  const [mine = '', theirs = ''] = urls;
  for (const database of [new URL(theirs).pathname, '/template1']) {
    const url = new URL(mine);
    url.pathname = database;
    if (database === '/template1') continue;
    await expect(query(url.toString(), 'select 1')).rejects.toThrow(
      /permission denied for database/,
    );
  }
});

test('an app’s role can neither become nor read what is not its own', async () => {
  const [mine = ''] = urls;
  const other = namesOf(addons[1] ?? addon()).role;
  const forbidden = [
    'create role evil',
    'create database evil',
    `alter role ${other} password 'x'`,
    `set role ${other}`,
    'set role postgres',
    `copy (select 1) to program 'id'`,
    `select pg_read_file('/etc/passwd')`,
    'select * from pg_authid',
    `alter role current_user superuser`,
  ];
  for (const statement of forbidden) {
    await expect(query(mine, statement)).rejects.toThrow(/permission denied|must be|role/i);
  }
});

test('provisioning again, as after a crash, keeps the data and replaces the password', async () => {
  const [first] = addons;
  if (first === undefined) throw new Error('no add-on');
  await query(urls[0] ?? '', 'create table kept (id int); insert into kept values (7)');
  const again = await provider.provision(first, signal);
  const url = again?.config['URL'] ?? '';
  expect(await query(url, 'select id from kept')).toEqual([{ id: 7 }]);
  await expect(query(urls[0] ?? '', 'select 1')).rejects.toThrow(/password authentication failed/);
  urls[0] = url;
});

test('deprovisioning takes database and role, open connections notwithstanding, and can be repeated', async () => {
  const gone = addon();
  const given = await provider.provision(gone, signal);
  const client = new pg.Client(given?.config['URL']);
  client.on('error', () => undefined);
  await client.connect();
  await provider.deprovision(gone, signal);
  await provider.deprovision(gone, signal);
  const { role, database } = namesOf(gone);
  expect(await query(serverUrl(), `select 1 from pg_roles where rolname = '${role}'`)).toEqual([]);
  expect(
    await query(serverUrl(), `select 1 from pg_database where datname = '${database}'`),
  ).toEqual([]);
  await client.end().catch(() => undefined);
});
