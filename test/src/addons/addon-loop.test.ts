import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import { text } from 'node:stream/consumers';

import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';

import { addonLoop } from '../../../src/addons/addon-loop.ts';
import { partnerProvider } from '../../../src/addons/partner-provider.ts';
import { listAddonsOf } from '../../../src/store/addons.ts';
import { until } from '../../support/until.ts';
import { clientOf, type Client } from '../support/client.ts';
import { createTestPlatform, type TestPlatform } from '../support/test-platform.ts';

let world: TestPlatform;
let client: Client;
let partner: http.Server;
let partnerUrl: string;
let asked: { method: string; url: string; authorization: string; body: unknown }[];
let answer: (response: http.ServerResponse, method: string) => void;

beforeAll(async () => {
  world = await createTestPlatform();
  client = clientOf(world.api, await world.account('owner@example.com'));
  partner = http.createServer((request, response) => {
    void (async () => {
      const body = await text(request);
      const { method = '', url = '', headers } = request;
      asked.push({
        method,
        url,
        authorization: headers.authorization ?? '',
        body: body === '' ? undefined : JSON.parse(body),
      });
      answer(response, method);
    })();
  });
  partner.listen(0, '127.0.0.1');
  await once(partner, 'listening');
  const address = partner.address();
  partnerUrl =
    typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : '';
});

beforeEach(() => {
  asked = [];
});

afterAll(async () => {
  partner.close();
  await world[Symbol.asyncDispose]();
});

/** Runs the add-on loop, as one start of the platform would, until `done`. */
async function runUntil(what: string, done: () => Promise<boolean>): Promise<void> {
  const provider = partnerProvider({
    service: 'herokuconnect',
    url: partnerUrl,
    password: 'partner-password',
    callbackUrl: 'http://localhost:5055',
  });
  const loop = addonLoop(world.platform, [provider]);
  const stop = new AbortController();
  const running = loop.run(stop.signal);
  try {
    await until(
      async () => {
        loop.wake();
        return (await done()) || undefined;
      },
      { what },
    );
  } finally {
    stop.abort();
    await running;
  }
}

function given(response: http.ServerResponse): void {
  response.writeHead(201, { 'content-type': 'application/json' });
  response.end(
    JSON.stringify({
      id: 'conn-1',
      message: 'Authorize it',
      config: { HEROKUCONNECT_URL: 'http://c/1' },
    }),
  );
}

async function stateOf(app: string): Promise<string | undefined> {
  const { body } = await client.get(`/apps/${app}/addons`);
  return body[0]?.state;
}

async function newApp(): Promise<string> {
  const { body } = await client.post('/apps');
  return body.name;
}

test('the partner is asked as the Add-on Partner API says, and its config vars come with a release', async () => {
  answer = given;
  const app = await newApp();
  const made = await client.post(`/apps/${app}/addons`, { plan: { name: 'herokuconnect:demo' } });
  expect([made.status, made.body.state]).toEqual([201, 'provisioning']);
  await runUntil('the add-on', async () => (await stateOf(app)) === 'provisioned');
  expect(asked).toMatchObject([
    {
      method: 'POST',
      url: '/heroku/resources',
      authorization: `Basic ${Buffer.from('herokuconnect:partner-password').toString('base64')}`,
      body: { uuid: made.body.id, plan: 'demo', app: { name: app } },
    },
  ]);
  const config = await client.get(`/apps/${app}/config-vars`);
  expect(config.body).toEqual({ HEROKUCONNECT_URL: 'http://c/1' });
  const releases = await client.get(`/apps/${app}/releases`);
  expect(releases.body[1]).toMatchObject({
    version: 2,
    description: `Attach HEROKUCONNECT (@ref:${made.body.name})`,
    addon_plan_names: ['herokuconnect:demo'],
  });
  const refused = await client.patch(`/apps/${app}/config-vars`, { HEROKUCONNECT_URL: 'mine' });
  expect([refused.status, refused.body.message]).toEqual([
    422,
    'Cannot overwrite attachment values HEROKUCONNECT_URL. Detach the add-on first.',
  ]);
});

test('a partner whose answer is lost is asked again with the same uuid, and one add-on is there', async () => {
  let lost = 0;
  answer = (response) => {
    lost += 1;
    if (lost === 1) response.destroy();
    else given(response);
  };
  const app = await newApp();
  await client.post(`/apps/${app}/addons`, { plan: 'herokuconnect' }).expect(201);
  await runUntil('the add-on', async () => (await stateOf(app)) === 'provisioned');
  const uuids = asked.map(({ body }) => JSON.stringify(body));
  expect(uuids.length).toBeGreaterThan(1);
  expect(new Set(uuids).size).toBe(1);
  expect((await client.get(`/apps/${app}/addons`)).body).toHaveLength(1);
});

test('a partner that refuses is the end of the wish, in the partner’s words', async () => {
  answer = (response) => {
    response.writeHead(422, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ message: 'One connection per app.' }));
  };
  const app = await newApp();
  await client.post(`/apps/${app}/addons`, { plan: 'herokuconnect' }).expect(201);
  await runUntil('the refusal', async () => (await stateOf(app)) === undefined);
  expect(world.told.join('\n')).toContain('One connection per app.');
});

test('a destroyed app takes its add-ons with it, and goes only after them', async () => {
  answer = given;
  const app = await newApp();
  const { body: addon } = await client.post(`/apps/${app}/addons`, { plan: 'herokuconnect' });
  await runUntil('the add-on', async () => (await stateOf(app)) === 'provisioned');
  let away = true;
  answer = (response) => {
    response.writeHead(away ? 500 : 204).end();
    away = false;
  };
  await client.delete(`/apps/${app}`).expect(200);
  await client.get(`/apps/${app}`).expect(404);
  await client.post('/apps', { name: app }).expect(201);
  await runUntil('the end of the app', async () => {
    const { rowCount } = await world.platform.pool.query(
      'select from apps where destroying_at is not null',
    );
    return rowCount === 0;
  });
  const deleted = asked.filter(({ method }) => method === 'DELETE');
  expect(deleted.length).toBeGreaterThan(1);
  expect(new Set(deleted.map(({ url }) => url))).toEqual(
    new Set([`/heroku/resources/${addon.id}`]),
  );
});

test('an app whose add-on belongs to a destroyed app loses its config vars in a release of its own', async () => {
  answer = given;
  const owner = await newApp();
  const guest = await newApp();
  const { body: addon } = await client.post(`/apps/${owner}/addons`, { plan: 'herokuconnect' });
  await runUntil('the add-on', async () => (await stateOf(owner)) === 'provisioned');
  await client
    .post('/addon-attachments', {
      addon: { name: addon.name },
      app: { name: guest },
      name: 'SHARED',
    })
    .expect(201);
  expect((await client.get(`/apps/${guest}/config-vars`)).body).toEqual({
    SHARED_URL: 'http://c/1',
  });
  answer = (response) => response.writeHead(204).end();
  await client.delete(`/apps/${owner}`).expect(200);
  expect((await client.get(`/apps/${guest}/config-vars`)).body).toEqual({});
  const releases = await client.get(`/apps/${guest}/releases`);
  expect(releases.body.at(-1).description).toBe(`Detach SHARED (@ref:${addon.name})`);
});

test('destroying an add-on takes its config vars away at once, before the partner hears of it', async () => {
  answer = given;
  const app = await newApp();
  await client.post(`/apps/${app}/addons`, { plan: 'herokuconnect' }).expect(201);
  await runUntil('the add-on', async () => (await stateOf(app)) === 'provisioned');
  const destroyed = await client.delete(`/apps/${app}/addons/HEROKUCONNECT`);
  expect([destroyed.status, destroyed.body.state]).toEqual([200, 'deprovisioned']);
  expect((await client.get(`/apps/${app}/config-vars`)).body).toEqual({});
  expect(await listAddonsOf(world.platform.pool, randomUUID())).toEqual([]);
});
