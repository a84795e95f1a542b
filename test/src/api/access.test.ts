import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import request from 'supertest';

import { ENDPOINTS } from '../../../src/api/endpoints.ts';
import { requestAddon } from '../../../src/addons/request-addon.ts';
import { inTransaction } from '../../../src/kit/transaction.ts';
import { listAttachmentsOf } from '../../../src/store/attachments.ts';
import { makeBusy, type BusyApp } from '../support/busy-app.ts';
import { clientOf, type Client } from '../support/client.ts';
import { createTestPlatform, type TestPlatform } from '../support/test-platform.ts';

let world: TestPlatform;
let busy: BusyApp;
let attachmentId: string;
let owner: Client;
let stranger: Client;
let collaborator: Client;
let service: Client;

beforeAll(async () => {
  world = await createTestPlatform();
  owner = clientOf(world.api, await world.account('owner@example.com'));
  stranger = clientOf(world.api, await world.account('stranger@example.com'));
  collaborator = clientOf(world.api, await world.account('helper@example.com'));
  service = clientOf(world.api, await world.account('connect@example.com', 'herokuconnect'));
  await owner.post('/apps', { name: 'guarded' }).expect(201);
  busy = await makeBusy(world.platform, 'guarded');
  await owner.post('/apps/guarded/collaborators', { user: 'helper@example.com' }).expect(201);
  const [attachment] = await listAttachmentsOf(world.platform.pool, busy.appId);
  attachmentId = attachment?.id ?? '';
});

afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

/** The path of an endpoint with things that exist in it. */
function pathOf(template: string): string {
  const values: Readonly<Record<string, string>> = {
    app: 'guarded',
    release: 'v2',
    formation: 'web',
    dyno: 'run.1',
    type: 'web',
    build: busy.buildId,
    slug: busy.slugId,
    addon: busy.addonName,
    attachment: attachmentId,
    setup: busy.setupId,
    collaborator: 'helper@example.com',
    user: 'owner@example.com',
    domain: 'guarded.localhost',
    feature: 'any',
    id: busy.buildId,
    key: 'wrong',
    session: 'wrong',
    region: 'us',
    stack: 'heroku-24',
    size: 'basic',
    service: 'heroku-postgresql',
    plan: 'heroku-postgresql:mini',
    database: busy.addonName,
    credential: 'default',
  };
  return template.replace(/:(\w+)/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`the test has no value for :${name}`);
    return value;
  });
}

test('every route but those whose URL is a secret refuses a request without a token', async () => {
  for (const { method, path, access } of ENDPOINTS) {
    const answer = await request(world.api)[method](pathOf(path));
    expect([method, path, answer.status]).toEqual([method, path, access === 'key' ? 404 : 401]);
  }
});

test('to a stranger no route of an app says that the app exists', async () => {
  for (const { method, path, access } of ENDPOINTS) {
    if (access === 'account' || access === 'key') continue;
    const answer = await stranger[method](pathOf(path));
    expect([method, path, answer.status, answer.body.message]).toEqual([
      method,
      path,
      404,
      "Couldn't find that app.",
    ]);
  }
});

test('the routes that find an app by other things give a stranger nothing', async () => {
  const asked = [
    stranger.get(`/addons/${busy.addonId}`),
    stranger.get(`/addons/${busy.addonName}/addon-attachments`),
    stranger.get('/addons/guarded::DATABASE'),
    stranger.get(`/client/v11/databases/${busy.addonId}`),
    stranger.get(`/client/v11/databases/${busy.addonId}/wait_status`),
    stranger.get(`/postgres/v0/databases/${busy.addonName}/credentials`),
    stranger.get(`/postgres/v0/databases/${busy.addonName}/credentials/default`),
    stranger.post(
      `/postgres/v0/databases/${busy.addonName}/credentials/default/credentials_rotation`,
    ),
    stranger.get(`/addon-attachments/${attachmentId}`),
    stranger.delete(`/addon-attachments/${attachmentId}`),
    stranger.get(`/app-setups/${busy.setupId}`),
    stranger.get('/users/owner@example.com'),
    stranger.get('/users/owner@example.com/apps'),
    stranger.get('/users/owner@example.com/addons'),
    stranger.post('/actions/addons/resolve', { addon: busy.addonName }),
    stranger.post('/actions/addons/resolve', { addon: 'DATABASE', app: 'guarded' }),
    stranger.post('/actions/addons/resolve', { addon: 'guarded::DATABASE' }),
    stranger.post('/actions/addon-attachments/resolve', { addon_attachment: 'guarded::DATABASE' }),
    stranger.post('/actions/addon-attachments/resolve', { addon_attachment: attachmentId }),
  ];
  for (const answer of await Promise.all(asked)) expect([answer.status]).toEqual([404]);
  for (const path of ['/apps', '/addons', '/addon-attachments']) {
    expect((await stranger.get(path)).body).toEqual([]);
  }
});

test('a stranger cannot attach another’s database to an app of his own', async () => {
  await stranger.post('/apps', { name: 'thieving' }).expect(201);
  const wish = { addon: busy.addonName, app: 'thieving', name: 'STOLEN' };
  const refused = await stranger.post('/addon-attachments', wish);
  expect(refused.status).toBe(404);
  expect((await stranger.get('/apps/thieving/config-vars')).body).toEqual({});
});

test('a collaborator works on the app but does not own it', async () => {
  expect((await collaborator.get('/apps/guarded/config-vars')).body).toHaveProperty('DATABASE_URL');
  await collaborator.patch('/apps/guarded/config-vars', { HELPED: 'yes' }).expect(200);
  for (const { method, path, access } of ENDPOINTS) {
    if (access !== 'own') continue;
    const answer = await collaborator[method](pathOf(path));
    expect([method, path, answer.status]).toEqual([method, path, 403]);
  }
  await collaborator.patch('/apps/guarded', { name: 'taken-over' }).expect(403);
});

describe('the account of an add-on service', () => {
  test('sees nothing of an app without its add-on', async () => {
    await service.get('/apps/guarded').expect(404);
    await service.get('/apps/guarded/config-vars').expect(404);
  });

  test('reads the app and its config vars once the add-on is there, and changes nothing', async () => {
    const { pool } = world.platform;
    await inTransaction(pool, async (client) =>
      requestAddon(client, world.platform, {
        id: crypto.randomUUID(),
        app: { id: busy.appId, name: 'guarded' },
        plan: 'herokuconnect',
      }),
    );
    await service.get('/apps/guarded/addons').expect(200);
    expect((await service.get('/apps/guarded/config-vars')).body).toHaveProperty('DATABASE_URL');
    for (const { method, path, access } of ENDPOINTS) {
      if (access !== 'operate' && access !== 'own') continue;
      const answer = await service[method](pathOf(path));
      expect([method, path, answer.status]).toEqual([method, path, 403]);
    }
    await service.post('/apps', { name: 'own-app' }).expect(403);
  });
});
