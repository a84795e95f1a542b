import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import request from 'supertest';

import { clientOf } from '../support/client.ts';
import { createTestPlatform, type TestPlatform } from '../support/test-platform.ts';

let world: TestPlatform;
let token: string;

beforeAll(async () => {
  world = await createTestPlatform();
  token = await world.account('owner@example.com');
});

afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

const as = (bearer: string) => clientOf(world.api, bearer);

test('a token is accepted as Bearer and as the password of Basic, and nothing else is', async () => {
  await as(token).get('/account').expect(200);
  await request(world.api).get('/account').auth('', token).expect(200);
  const refused = await request(world.api).get('/account').auth('wrong', { type: 'bearer' });
  expect(refused.status).toBe(401);
  expect(refused.body).toMatchObject({ id: 'unauthorized' });
  await request(world.api).get('/account').expect(401);
});

test('an unknown variant of the API version is not refused', async () => {
  const answer = await as(token)
    .get('/account')
    .set('Accept', 'application/vnd.heroku+json; version=3.of-the-future');
  expect(answer.status).toBe(200);
  expect(answer.headers['content-type']).toMatch(/^application\/json/);
});

test('a new app has release v1, and its name cannot be taken twice', async () => {
  const made = await as(token).post('/apps', { name: 'first-app' });
  expect(made.status).toBe(201);
  expect(made.body).toMatchObject({
    name: 'first-app',
    web_url: 'http://first-app.localhost:5080/',
  });
  const releases = await as(token).get('/apps/first-app/releases');
  expect(releases.body).toMatchObject([
    { version: 1, description: 'Initial release', current: true },
  ]);
  const again = await as(token).post('/apps', { name: 'first-app' });
  expect(again.status).toBe(422);
  expect(again.body).toEqual({ id: 'invalid_params', message: 'Name first-app is already taken' });
});

test('a creation repeated with the same Request-Id answers with what the first one made', async () => {
  const id = randomUUID();
  const first = await as(token).post('/apps', { name: 'once-only' }).set('Request-Id', id);
  const second = await as(token).post('/apps', { name: 'once-only' }).set('Request-Id', id);
  expect([first.status, second.status]).toEqual([201, 201]);
  expect(second.body).toEqual(first.body);
});

test('names that no host could have are refused with the reason', async () => {
  for (const name of [
    'a',
    'Upper',
    '-dash',
    'x'.repeat(31),
    'space name',
    'api',
    'dot.dot',
    "q'uote",
  ]) {
    const refused = await as(token).post('/apps', { name });
    expect([name, refused.status]).toEqual([name, 422]);
  }
});

test('setting config vars answers with all of them, makes one release, and null removes', async () => {
  await as(token).post('/apps', { name: 'config-app' }).expect(201);
  const set = await as(token).patch('/apps/config-app/config-vars', { A: '1', B: 'two' });
  expect(set.body).toEqual({ A: '1', B: 'two' });
  const unset = await as(token).patch('/apps/config-app/config-vars', { A: null });
  expect(unset.body).toEqual({ B: 'two' });
  await as(token).patch('/apps/config-app/config-vars', { B: 'two' }).expect(200);
  const newest = await as(token)
    .get('/apps/config-app/releases')
    .set('Range', 'version ..; max=1, order=desc');
  expect(newest.status).toBe(206);
  expect(newest.headers['next-range']).toBe('version ]3..; max=1, order=desc');
  expect(newest.body).toMatchObject([{ version: 3, description: 'Remove A config vars' }]);
  const old = await as(token).get('/apps/config-app/releases/v2/config-vars');
  expect(old.body).toEqual({ A: '1', B: 'two' });
});

test('config vars are not in the database in plain text', async () => {
  await as(token).post('/apps', { name: 'secret-app' }).expect(201);
  await as(token).patch('/apps/secret-app/config-vars', { KEY: 'tell-nobody' }).expect(200);
  for (const table of ['config_vars', 'releases']) {
    const { rows } = await world.platform.pool.query(`select ${table}::text as row from ${table}`);
    expect(JSON.stringify(rows)).not.toContain('tell-nobody');
  }
});

test('config changes at once are all in the last release', async () => {
  await as(token).post('/apps', { name: 'busy-app' }).expect(201);
  const names = Array.from({ length: 8 }, (_, index) => `N${index}`);
  await Promise.all(
    names.map(async (name) =>
      as(token)
        .patch('/apps/busy-app/config-vars', { [name]: 'x' })
        .expect(200),
    ),
  );
  const last = await as(token).get('/apps/busy-app/releases/9/config-vars');
  expect(Object.keys(last.body)).toHaveLength(8);
});

test('a route of Heroku that is not offered says so by name; any other is not found', async () => {
  const missing = await as(token).get('/pipelines');
  expect(missing.status).toBe(501);
  expect(missing.body).toEqual({
    id: 'not_implemented',
    message: 'Landbridge does not offer GET /pipelines yet.',
  });
  await as(token).get('/no/such/route').expect(404);
});

test('a body that is no JSON and one that is too large are refused', async () => {
  const broken = await request(world.api)
    .post('/apps')
    .auth(token, { type: 'bearer' })
    .set('Content-Type', 'application/json')
    .send('{"name":');
  expect([broken.status, broken.body.id]).toEqual([400, 'bad_request']);
  const large = await as(token).post('/apps', { name: 'x'.repeat(2_000_000) });
  expect([large.status, large.body.id]).toEqual([413, 'request_too_large']);
});
