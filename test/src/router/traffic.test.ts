import { createHash } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import { readFile } from 'node:fs/promises';
import type net from 'node:net';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';

import { openAuthority } from '../../../src/kit/authority.ts';
import { openWorkshop } from '../../contract/hello-slug.ts';
import { freePort } from '../../support/free-port.ts';
import { until } from '../../support/until.ts';
import { ask, openWorkbench, tableOf, type Workbench } from './workbench.ts';

let bench: Workbench;

beforeAll(async () => {
  bench = await openWorkbench();
});

afterEach(() => {
  bench.lines.length = 0;
});

afterAll(async () => {
  await bench[Symbol.asyncDispose]();
});

const port = (): number => bench.router.port;

describe('the router passes on', () => {
  test('method, path, body and headers, with what Heroku adds and without what belongs to the connection', async () => {
    const got: {
      method?: string | undefined;
      url?: string | undefined;
      raw: string[];
      body: string;
    }[] = [];
    const app = await bench.app((request, response) => {
      const { method, url, rawHeaders } = request;
      const seen = { method, url, raw: rawHeaders, body: '' };
      request.on('data', (chunk: Buffer) => (seen.body += chunk.toString()));
      got.push(seen);
      response.writeHead(201, 'Made', [
        'X-Case',
        'Kept',
        'Set-Cookie',
        'a=1',
        'Set-Cookie',
        'b=2',
        'Keep-Alive',
        'x',
      ]);
      response.end('made');
    });
    bench.serve(app);
    const { status, headers, text } = await ask(port(), {
      method: 'PUT',
      path: '/a%20b?c=d"e',
      body: 'content',
      headers: {
        'X-Custom': 'One',
        'X-Forwarded-For': '203.0.113.9',
        'X-Forwarded-Proto': 'https',
        Connection: 'close, X-Private',
        'X-Private': 'secret',
        TE: 'trailers',
        'X-Request-Id': 'abcdefghijklmnopqrst',
      },
    });
    expect([status, text]).toEqual([201, 'made']);
    expect(headers).toMatchObject({
      'x-case': 'Kept',
      'set-cookie': ['a=1', 'b=2'],
      via: '1.1 landbridge-router',
    });
    expect(headers['keep-alive']).not.toBe('x');
    expect(got).toMatchObject([{ method: 'PUT', url: '/a%20b?c=d"e', body: 'content' }]);
    const sent = pairs(got[0]?.raw ?? []);
    expect(sent).toMatchObject({
      'X-Custom': 'One',
      'X-Forwarded-For': '203.0.113.9, 127.0.0.1',
      'X-Forwarded-Proto': 'http',
      'X-Forwarded-Port': String(port()),
      'X-Request-Id': 'abcdefghijklmnopqrst',
      Via: '1.1 landbridge-router',
    });
    expect(Number(sent['X-Request-Start'])).toBeGreaterThan(Date.now() - 10_000);
    expect(Object.keys(sent)).not.toEqual(expect.arrayContaining(['X-Private']));
    expect(Object.keys(sent)).not.toEqual(expect.arrayContaining(['TE']));
    expect(await until(() => bench.lines[0], { what: 'its line' })).toMatch(
      /^at=info method=PUT path="\/a%20b\?c=d%22e" host=shop\.localhost request_id=abcdefghijklmnopqrst fwd="203\.0\.113\.9, 127\.0\.0\.1" dyno=web\.1 connect=\d+ms service=\d+ms status=201 bytes=4 protocol=http$/,
    );
  });

  test.each(['short', 'x'.repeat(201), 'with blanks in the middle'])(
    'a request id of its own in place of %j',
    async (sent) => {
      bench.serve(
        await bench.app((request, response) => response.end(request.headers['x-request-id'])),
      );
      const { text } = await ask(port(), { headers: { 'x-request-id': sent } });
      expect(text).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);
    },
  );

  test('large bodies both ways, in chunks, without holding them', async () => {
    bench.serve(await bench.app((request, response) => void request.pipe(response)));
    const body = 'abcdefghij'.repeat(800_000);
    const { text } = await ask(port(), {
      method: 'POST',
      body,
      headers: { 'transfer-encoding': 'chunked' },
    });
    expect(text.length).toBe(body.length);
    expect(text === body).toBe(true);
  });

  test('HEAD, 204, 304 and a POST without a body as they are', async () => {
    bench.serve(
      await bench.app((request, response) => {
        const status = Number(request.url?.slice(1));
        response.writeHead(status, request.method === 'HEAD' ? { 'content-length': '42' } : {});
        response.end();
        expect(request.headers['transfer-encoding']).toBeUndefined();
      }),
    );
    const head = await ask(port(), { method: 'HEAD', path: '/200' });
    expect([head.status, head.headers['content-length'], head.text]).toEqual([200, '42', '']);
    expect((await ask(port(), { path: '/204' })).status).toBe(204);
    expect((await ask(port(), { path: '/304' })).status).toBe(304);
    expect((await ask(port(), { method: 'POST', path: '/200' })).status).toBe(200);
  });

  test('"100 Continue" when the dyno gives it, and not before', async () => {
    const server = http.createServer();
    server.on('checkContinue', (request, response) => {
      response.writeContinue();
      request.pipe(response);
    });
    bench.servers.push(server);
    const at = await freePort();
    server.listen(at, '127.0.0.1');
    await once(server, 'listening');
    bench.serve(at);
    const request = http.request({
      host: '127.0.0.1',
      port: port(),
      method: 'POST',
      agent: false,
      headers: { host: 'shop.localhost', expect: '100-continue', 'content-length': '4' },
    });
    request.flushHeaders();
    await once(request, 'continue');
    request.end('body');
    const [answer]: http.IncomingMessage[] = await once(request, 'response');
    expect(Buffer.concat((await answer?.toArray()) ?? []).toString()).toBe('body');
  });

  test('each server-sent event at once, through a switch to another dyno', async () => {
    const { promise: opened, resolve } = Promise.withResolvers<http.ServerResponse>();
    const streaming = await bench.app((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.flushHeaders();
      resolve(response);
    });
    bench.serve(streaming);
    const request = http.get({
      host: '127.0.0.1',
      port: port(),
      headers: { host: 'shop.localhost' },
      agent: false,
    });
    const [answer]: http.IncomingMessage[] = await once(request, 'response');
    const stream = await opened;
    bench.serve(await bench.app((_request, response) => response.end('other')));
    for (const event of ['data: 1\n\n', 'data: 2\n\n']) {
      stream.write(event);
      const [chunk]: Buffer[] = await once(answer ?? stream, 'data');
      expect(chunk?.toString()).toBe(event);
    }
    expect((await ask(port())).text).toBe('other');
    // Nobody waits for a stream: it would last for hours.
    await bench.router.drained(`dyno-${streaming}`, 5_000);
    request.destroy();
  });

  test('WebSockets both ways, through a switch, until one side ends', async () => {
    const app = http.createServer();
    app.on('upgrade', (request, socket: net.Socket) => {
      const accept = createHash('sha1')
        .update(`${request.headers['sec-websocket-key'] ?? ''}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
        .digest('base64');
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
      );
      // One unmasked text frame for each masked one that comes in; only short ones.
      socket.on('data', (frame: Buffer) => {
        const length = (frame[1] ?? 0) & 0x7f;
        const mask = frame.subarray(2, 6);
        const text = frame.subarray(6, 6 + length).map((byte, at) => byte ^ (mask[at % 4] ?? 0));
        const opcode = (frame[0] ?? 0) & 0x0f;
        socket.write(Buffer.concat([Buffer.from([0x80 | opcode, length]), text]));
        if (opcode === 8) socket.end();
      });
    });
    bench.servers.push(app);
    const at = await freePort();
    app.listen(at, '127.0.0.1');
    await once(app, 'listening');
    bench.serve(at);
    const socket = new WebSocket(`ws://localhost:${port()}/chat`);
    const said: string[] = [];
    socket.addEventListener('message', ({ data }) => said.push(String(data)));
    await once(socket, 'open');
    socket.send('one');
    await until(() => said[0], { what: 'the first echo' });
    bench.serve(await bench.app((_request, response) => response.end('other')));
    socket.send('two');
    expect(await until(() => said[1], { what: 'the second echo' })).toBe('two');
    socket.close();
    const line = await until(() => bench.lines.find((text) => text.includes('/chat')), {
      what: 'its line',
    });
    expect(line).toMatch(
      /^at=info method=GET path="\/chat" .* status=101 bytes=\d+ protocol=http$/,
    );
  });

  test('an answer other than 101 to who wanted to upgrade, and never h2c', async () => {
    bench.serve(
      await bench.app((request, response) => {
        response.writeHead(403).end(`no ${request.headers.upgrade ?? 'upgrade'}`);
      }),
    );
    const refused = await ask(port(), {
      headers: { connection: 'Upgrade', upgrade: 'websocket' },
    });
    expect([refused.status, refused.text]).toEqual([403, 'no websocket']);
    const plain = await ask(port(), {
      headers: {
        connection: 'Upgrade, HTTP2-Settings',
        upgrade: 'h2c',
        'http2-settings': 'AAMAAABkAAQAAP__',
      },
    });
    expect([plain.status, plain.text]).toEqual([403, 'no upgrade']);
  });

  test('to another dyno what the first one refused, and leaves the first alone for a while', async () => {
    const good = await bench.app((request, response) => void request.pipe(response));
    bench.serve(await freePort(), good);
    for (let round = 0; round < 20; round += 1) {
      expect(await ask(port(), { method: 'POST', body: 'kept' })).toMatchObject({
        status: 200,
        text: 'kept',
      });
    }
    expect(bench.lines.every((text) => text.includes('dyno=web.2'))).toBe(true);
  });

  test('nothing into a kept connection that the dyno has closed meanwhile', async () => {
    // Says it keeps the connection, and ends it after each answer.
    const at = await bench.speaker((socket) => {
      socket.on('data', () => {
        socket.write(
          'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nok',
          () => {
            setImmediate(() => socket.destroy());
          },
        );
      });
    });
    bench.serve(at);
    for (let round = 0; round < 50; round += 1) {
      const method = round % 2 === 0 ? 'GET' : 'DELETE';
      expect(await ask(port(), { method })).toMatchObject({ status: 200, text: 'ok' });
    }
  });

  test('a request that waited for a dyno, once that is up', async () => {
    bench.route({ kind: 'boot' });
    const waiting = ask(port(), { method: 'POST', body: 'early' });
    await until(() => bench.router.underWay || undefined, { what: 'a request that waits' });
    bench.serve(await bench.app((request, response) => void request.pipe(response)));
    expect(await waiting).toMatchObject({ status: 200, text: 'early' });
  });

  test('all requests at a dyno before that counts as drained', async () => {
    const { promise: arrived, resolve } = Promise.withResolvers<http.ServerResponse>();
    const slow = await bench.app((_request, response) => {
      resolve(response);
    });
    bench.serve(slow);
    const answer = ask(port());
    const response = await arrived;
    bench.route({ kind: 'refuse', code: 'H14' });
    let drained = false;
    const draining = bench.router.drained(`dyno-${slow}`, 5_000).then(() => (drained = true));
    await ask(port());
    expect(drained).toBe(false);
    response.end('done');
    expect(await answer).toMatchObject({ status: 200, text: 'done' });
    await draining;
  });

  test('requests over TLS, with a certificate for each host that clients can verify', async () => {
    await using workshop = await openWorkshop();
    const authority = await openAuthority(join(workshop.folder, 'tls'));
    await using secure = await openWorkbench({ secure: { port: 0, authority } });
    const at = await secure.app((request, response) =>
      response.end(request.headers['x-forwarded-proto']),
    );
    secure.router.update(
      tableOf({
        kind: 'serve',
        backends: [{ dynoId: 'a', dyno: 'web.1', host: '127.0.0.1', port: at }],
      }),
    );
    const ca = await readFile(authority.caFile);
    const request = https.get({
      host: '127.0.0.1',
      port: secure.router.securePort,
      servername: 'shop.localhost',
      ca,
      headers: { host: 'shop.localhost' },
    });
    const [answer]: http.IncomingMessage[] = await once(request, 'response');
    expect(Buffer.concat((await answer?.toArray()) ?? []).toString()).toBe('https');
    expect(await until(() => secure.lines[0], { what: 'its line' })).toContain('protocol=https');
    const stranger = https.get({
      host: '127.0.0.1',
      port: secure.router.securePort,
      servername: 'other.example',
      ca,
    });
    const [error]: Error[] = await once(stranger, 'error');
    expect(error?.message).toMatch(/altnames/);
  });
});

function pairs(raw: readonly string[]): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (let at = 0; at + 1 < raw.length; at += 2) found[raw[at] ?? ''] = raw[at + 1] ?? '';
  return found;
}
