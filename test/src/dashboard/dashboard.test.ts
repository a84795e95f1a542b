import http from 'node:http';

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import request from 'supertest';

import { createDashboard } from '../../../src/dashboard/dashboard.ts';
import { insertApp } from '../../../src/store/apps.ts';
import { findUserByToken } from '../../../src/store/users.ts';
import { createTestPlatform, type TestPlatform } from '../support/test-platform.ts';

let world: TestPlatform;
let token: string;
let server: http.Server;

beforeAll(async () => {
  world = await createTestPlatform();
  token = await world.account('owner@example.com');
  const user = await findUserByToken(world.platform.pool, token);
  // A name that the API would refuse: the page must not rely on that.
  await insertApp(world.platform.pool, {
    id: crypto.randomUUID(),
    name: '<script>alert(1)</script>',
    ownerId: user?.id ?? '',
    stack: 'heroku-24',
    region: 'us',
  });
  const dashboard = createDashboard(world.platform);
  server = http.createServer((incoming, response) => void dashboard(incoming, response));
});

afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

test('without a session the page shows a sign-in form and no app', async () => {
  const page = await request(server).get('/');
  expect(page.text).toContain('<label for="key">API key</label>');
  expect(page.text).not.toContain('alert(1)');
  const forged = await request(server).get('/').set('Cookie', 'landbridge_session=v1.x.y.z');
  expect(forged.text).not.toContain('alert(1)');
});

test('a wrong key is refused and gives no session', async () => {
  const refused = await request(server).post('/session').type('form').send({ key: 'wrong' });
  expect([refused.status, refused.headers['location']]).toEqual([303, '/?refused']);
  expect(String(refused.headers['set-cookie'])).toContain('Max-Age=0');
});

test('the API key opens the page; names are text there, never markup; signing out ends it', async () => {
  const signedIn = await request(server).post('/session').type('form').send({ key: token });
  const cookie = String(signedIn.headers['set-cookie']);
  expect(cookie).toMatch(/HttpOnly; SameSite=Strict/);
  expect(cookie).not.toContain(token);
  const page = await request(server)
    .get('/')
    .set('Cookie', cookie.split(';')[0] ?? '');
  expect(page.text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  expect(page.text).not.toContain('<script');
  expect(page.headers['content-security-policy']).toContain("default-src 'none'");
  const ended = await request(server).post('/session').type('form').send({ end: '1' });
  expect(String(ended.headers['set-cookie'])).toContain('Max-Age=0');
});
