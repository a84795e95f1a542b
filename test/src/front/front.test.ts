import { once } from 'node:events';
import http from 'node:http';
import { text } from 'node:stream/consumers';

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import request from 'supertest';

import { createFront } from '../../../src/front/front.ts';
import { healthOfService } from '../../../src/front/health.ts';
import { openProxy } from '../../../src/front/proxy.ts';
import { silentLog } from '../../../src/kit/log.ts';
import { freePort } from '../../support/free-port.ts';

let upstream: http.Server;
let upstreamUrl: string;
let front: http.Server;
let away: http.Server;
let health = 200;
const open: http.ServerResponse[] = [];

beforeAll(async () => {
  upstream = http.createServer((incoming, response) => {
    if (incoming.url === '/health') response.writeHead(health).end('{"state":"starting"}');
    else if (incoming.url === '/api/v3/stream') {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: first\n\n');
      open.push(response);
    } else {
      void text(incoming).then((body) => {
        response.setHeader('X-Answer', 'kept');
        response.end(JSON.stringify({ url: incoming.url, headers: incoming.headers, body }));
        return undefined;
      });
    }
  });
  upstream.listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  upstreamUrl = urlOf(upstream);
  front = http.createServer(frontTo(upstreamUrl));
  front.listen(0, '127.0.0.1');
  await once(front, 'listening');
  away = http.createServer(frontTo(`http://127.0.0.1:${await freePort()}`));
});

afterAll(() => {
  upstream.closeAllConnections();
  upstream.close();
  front.closeAllConnections();
  front.close();
});

function urlOf(server: http.Server): string {
  const address = server.address();
  return typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : '';
}

function frontTo(target: string): http.RequestListener {
  const proxy = openProxy({ target, log: silentLog });
  const say = (word: string) => (_: http.IncomingMessage, response: http.ServerResponse) => {
    response.end(word);
  };
  return createFront({
    api: say('api'),
    dashboard: say('dashboard'),
    connect: (incoming, response) => void proxy.forward(incoming, response),
    health: [
      { name: 'own', state: async () => 'ready' },
      healthOfService('connect', `${target}/health`),
    ],
  });
}

test.each([
  ['/', 'dashboard'],
  ['/?refused', 'dashboard'],
  ['/account', 'api'],
  ['/auth', 'api'],
  ['/connectionsx', 'api'],
  ['/oauth/authorizations', 'api'],
])('%s goes to the %s', async (path, part) => {
  expect((await request(front).get(path)).text).toBe(part);
});

test.each([
  '/connections?app=x',
  '/auth/some-app',
  '/api/v3/connections/1',
  '/oauth/salesforce/callback?code=1',
  '/odata/v4',
])('%s goes to Connect with path and Authorization unchanged', async (path) => {
  const answer = await request(front)
    .post(path)
    .set('Authorization', 'Bearer t')
    .set('X-Forwarded-For', '6.6.6.6')
    .set('Connection', 'x-private')
    .set('X-Private', 'for this hop only')
    .send({ a: 1 });
  expect(answer.status).toBe(200);
  expect(answer.headers['x-answer']).toBe('kept');
  const seen = JSON.parse(answer.text);
  expect(seen).toMatchObject({
    url: path,
    body: '{"a":1}',
    headers: { authorization: 'Bearer t' },
  });
  expect(seen.headers['x-forwarded-for']).toMatch(/127\.0\.0\.1$/);
  expect(seen.headers['x-forwarded-for']).not.toContain('6.6.6.6');
  expect(seen.headers).not.toHaveProperty('x-private');
});

test('a stream is passed on as it comes, and ends upstream when the client goes', async () => {
  const outgoing = http.get(`${urlOf(front)}/api/v3/stream`);
  const [incoming]: http.IncomingMessage[] = await once(outgoing, 'response');
  const [chunk]: Buffer[] = await once(incoming ?? outgoing, 'data');
  expect(String(chunk)).toBe('data: first\n\n');
  const [response] = open;
  const closed = once(response ?? upstream, 'close');
  outgoing.destroy();
  await closed;
});

test('while Connect is away the answer says so', async () => {
  const refused = await request(away).get('/connections');
  expect([refused.status, refused.body.id]).toEqual([502, 'connect_unavailable']);
});

test('health is 200 once every part is ready and 503 when one is not', async () => {
  const ready = await request(front).get('/health');
  expect([ready.status, ready.body]).toEqual([
    200,
    { state: 'ready', parts: { own: 'ready', connect: 'ready' } },
  ]);
  health = 503;
  const starting = await request(front).get('/health');
  expect([starting.status, starting.body.parts.connect]).toEqual([503, 'starting']);
  const gone = await request(away).get('/health');
  expect([gone.status, gone.body.parts.connect]).toEqual([503, 'unavailable']);
});
