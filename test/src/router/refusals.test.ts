import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import net from 'node:net';

import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';

import { H_CODES } from '../../../src/router/errors.ts';
import { freePort } from '../../support/free-port.ts';
import { until } from '../../support/until.ts';
import { ask, openWorkbench, QUICK, raw, type Workbench } from './workbench.ts';

let bench: Workbench;
const seen = new Set<string>();

beforeAll(async () => {
  bench = await openWorkbench({ limits: QUICK });
});

afterEach(() => {
  bench.lines.length = 0;
});

afterAll(async () => {
  await bench[Symbol.asyncDispose]();
});

/** The one line of the request, once it is told. */
async function line(): Promise<string> {
  const text = await until(() => bench.lines[0], { what: 'a line of the router' });
  const code = /code=(H\d\d)/.exec(text)?.[1];
  if (code !== undefined) seen.add(code);
  return text;
}

const port = (): number => bench.router.port;

describe('the router refuses', () => {
  test.each([
    ['H10', 'at=error', 'App crashed'],
    ['H14', 'at=error', 'No web dynos running'],
    ['H80', 'at=info', 'Maintenance mode'],
    ['H81', 'at=info', 'Blank app'],
  ] as const)('%s by the table, with a page and a line', async (code, level, desc) => {
    bench.route({ kind: 'refuse', code });
    const { status, text, headers } = await ask(port(), { path: '/a?b=1' });
    expect([status, headers['content-type']]).toEqual([503, 'text/html; charset=utf-8']);
    expect(text).toContain(code);
    expect(await line()).toMatch(
      new RegExp(
        `^${level} code=${code} desc="${desc}" method=GET path="/a\\?b=1" host=shop.localhost request_id=[-0-9a-f]{36} fwd="127.0.0.1" dyno= connect= service= status=503 bytes= protocol=http$`,
      ),
    );
  });

  test('a host that no app has with 404, and writes no line', async () => {
    const { status, text } = await ask(port(), { headers: { host: 'nobody.localhost' } });
    expect([status, text.includes('No such app')]).toEqual([404, true]);
    expect(bench.lines).toEqual([]);
  });

  test('in JSON who asks for it', async () => {
    bench.route({ kind: 'refuse', code: 'H10' });
    const { text } = await ask(port(), { headers: { accept: 'application/json' } });
    expect(JSON.parse(text)).toMatchObject({ id: 'application_error', code: 'H10' });
    await line();
  });

  test('H11 when too many requests wait for a dyno to start, and H20 when none starts in time', async () => {
    bench.route({ kind: 'boot' });
    const answers = await Promise.all(Array.from({ length: 4 }, async () => ask(port())));
    expect(answers.map(({ status }) => status)).toEqual([503, 503, 503, 503]);
    const codes = bench.lines
      .map((text) => /code=(H\d\d)/.exec(text)?.[1])
      .toSorted((a = '', b = '') => a.localeCompare(b));
    expect(codes).toEqual(['H11', 'H20', 'H20', 'H20']);
    for (const code of codes) if (code !== undefined) seen.add(code);
  });

  test('H12 when the first byte does not come', async () => {
    bench.serve(await bench.app(() => undefined));
    expect((await ask(port())).status).toBe(503);
    expect(await line()).toMatch(
      /^at=error code=H12 desc="Request timeout" .* dyno=web\.1 connect=\d+ms service=\d{3,}ms status=503 bytes=0 protocol=http$/,
    );
  });

  test('H13 when the connection closes without an answer', async () => {
    bench.serve(await bench.speaker((socket) => socket.once('data', () => socket.destroy())));
    expect((await ask(port(), { method: 'POST', body: 'x' })).status).toBe(503);
    expect(await line()).toContain(
      'at=error code=H13 desc="Connection closed without response" method=POST',
    );
  });

  test('H15 when an answer that was begun stands still, and H18 when it is cut', async () => {
    bench.serve(await bench.app((_request, response) => response.write('some')));
    expect(await ask(port())).toMatchObject({ status: 200, text: 'some', complete: false });
    expect(await line()).toMatch(
      /^at=error code=H15 desc="Idle connection" .* status=503 bytes=4 /,
    );
    bench.lines.length = 0;
    bench.serve(
      await bench.app((_request, response) => {
        response.writeHead(200, { 'content-length': '100' });
        response.write('some', () => response.destroy());
      }),
    );
    expect(await ask(port())).toMatchObject({ status: 200, complete: false });
    expect(await line()).toMatch(
      /^sock=backend at=error code=H18 desc="Server Request Interrupted" .* status=503 bytes=4 /,
    );
  });

  test('H17 when the answer is not HTTP', async () => {
    bench.serve(
      await bench.speaker((socket) => socket.once('data', () => socket.end('SSH-2.0-OpenSSH\r\n'))),
    );
    expect((await ask(port())).status).toBe(503);
    expect(await line()).toContain('at=error code=H17 desc="Poorly formatted HTTP response"');
  });

  test.each([
    [
      'a header that cannot be written',
      'HTTP/1.1 200 OK\r\nX-A: a\x7fb\r\nContent-Length: 2\r\n\r\nok',
    ],
    ['a reason that cannot be written', 'HTTP/1.1 200 O\x01K\r\nContent-Length: 2\r\n\r\nok'],
    ['another protocol unasked', 'HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok'],
    ['headers without end', `HTTP/1.1 200 OK\r\nX-A: ${'a'.repeat(200_000)}\r\n\r\n`],
  ])('H17 for %s from a dyno, and goes on', async (_what, answer) => {
    bench.serve(
      await bench.speaker((socket) => socket.once('data', () => socket.end(answer, 'latin1'))),
    );
    const { status, text } = await ask(port());
    expect([status, text.includes('H17')]).toEqual([503, true]);
    expect(await line()).toContain('at=error code=H17');
  });

  test('bytes in a path or header that cannot be passed on, and goes on', async () => {
    bench.serve(await bench.app((request, response) => response.end(request.url)));
    for (const head of [
      'GET /\x7f HTTP/1.1\r\nHost: shop.localhost',
      'GET / HTTP/1.1\r\nHost: shop.localhost\r\nX-A: a\x7fb',
    ]) {
      const text = await raw(port(), `${head}\r\nConnection: close\r\n\r\n`);
      expect(text).toMatch(/^HTTP\/1\.1 (200|400|417) /);
    }
    expect((await ask(port(), { path: '/on' })).text).toBe('/on');
  });

  test('H19 when the dyno does not accept, H21 when it refuses', async () => {
    await using full = await openFullServer();
    bench.serve(full.port);
    expect((await ask(port())).status).toBe(503);
    expect(await line()).toMatch(
      /at=error code=H19 desc="Backend connection timeout" .* dyno=web\.1 connect=\d{3,}ms service= status=503 bytes= /,
    );
    bench.lines.length = 0;
    bench.serve(await freePort());
    expect((await ask(port())).status).toBe(503);
    expect(await line()).toContain('at=error code=H21 desc="Backend connection refused"');
  });

  test('H26, with 417, an expectation that nobody can meet', async () => {
    bench.serve(await bench.app((_request, response) => response.end()));
    expect((await ask(port(), { headers: { expect: 'miracles' } })).status).toBe(417);
    expect(await line()).toContain('at=error code=H26 desc="Request Error"');
  });

  test('H27 is told when the client goes before the answer, and the dyno sees its connection end', async () => {
    let dynoSaw = '';
    const app = await bench.app((request) => {
      request.socket.on('close', () => (dynoSaw = 'closed'));
      client.destroy();
    });
    bench.serve(app);
    const client = http.request({
      host: '127.0.0.1',
      port: port(),
      headers: { host: 'shop.localhost' },
    });
    client.on('error', () => undefined);
    client.end();
    expect(await line()).toMatch(
      /^sock=client at=warning code=H27 desc="Client Request Interrupted" .* dyno=web\.1 .* status=499 bytes=0 /,
    );
    await until(() => dynoSaw || undefined, { what: 'the end of the connection to the dyno' });
  });

  test('H28 when the client stops in the middle of its body', async () => {
    bench.serve(await bench.app((request) => request.resume()));
    const text = await raw(
      port(),
      'POST / HTTP/1.1\r\nHost: shop.localhost\r\nContent-Length: 10\r\n\r\nhalf',
    );
    expect(text).toMatch(/^HTTP\/1\.1 503 /);
    expect(await line()).toContain('at=error code=H28 desc="Client Connection Idle"');
  });

  test('H99 when the platform itself ends', async () => {
    await using ending = await openWorkbench();
    ending.route({ kind: 'boot' });
    const answer = ask(ending.router.port);
    await until(() => ending.router.underWay || undefined, { what: 'a request that waits' });
    await ending.router[Symbol.asyncDispose]();
    expect((await answer).status).toBe(503);
    expect(ending.lines[0]).toContain('at=error code=H99 desc="Platform error"');
    seen.add('H99');
  });

  test.each([
    ['two lengths', 'Content-Length: 3\r\nContent-Length: 4'],
    ['a length and chunks', 'Content-Length: 3\r\nTransfer-Encoding: chunked'],
    ['chunks that are not last', 'Transfer-Encoding: chunked, identity'],
    ['a second host', 'Host: other.localhost'],
    ['a folded header', 'X-A: b\r\n c: d'],
    ['a name with a blank', 'Content-Length : 3'],
    ['a body at an upgrade', 'Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 3'],
  ])('a request with %s: the dyno never sees it', async (_what, header) => {
    let reached = 0;
    bench.serve(await bench.app((_request, response) => response.end(String((reached += 1)))));
    const text = await raw(
      port(),
      `POST / HTTP/1.1\r\nHost: shop.localhost\r\n${header}\r\n\r\n0\r\n\r\n`,
    );
    expect(text).toMatch(/^HTTP\/1\.1 400 /);
    expect(reached).toBe(0);
  });

  test.each([
    [
      'another server as its target',
      'GET http://other.localhost/ HTTP/1.1\r\nHost: shop.localhost',
    ],
    ['no host', 'GET / HTTP/1.1\r\nAccept: */*'],
    ['headers without end', `GET / HTTP/1.1\r\nHost: shop.localhost\r\nX-A: ${'a'.repeat(70_000)}`],
    ['line ends of its own', 'GET / HTTP/1.1\nHost: shop.localhost\nX: y'],
  ])('a request with %s', async (_what, head) => {
    let reached = 0;
    bench.serve(await bench.app((_request, response) => response.end(String((reached += 1)))));
    expect(await raw(port(), `${head}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 4(00|31) /);
    expect(reached).toBe(0);
  });

  test('with every code it knows, each seen above and in the README', async () => {
    expect([...seen].toSorted((a, b) => a.localeCompare(b))).toEqual(Object.keys(H_CODES));
    const readme = (await readFile('src/router/README.md', 'utf8')).replaceAll(/ +\|/g, ' |');
    const rows = [...readme.matchAll(/^\| (H\d\d) \| ([^|]+) \|/gm)].map(([, code, means]) => [
      code,
      means,
    ]);
    expect(Object.fromEntries(rows)).toEqual(H_CODES);
  });
});

/** A port whose queue is full: the kernel leaves further connections unanswered. */
async function openFullServer(): Promise<AsyncDisposable & { readonly port: number }> {
  const program = `require('net').createServer().listen({port: 0, host: '127.0.0.1', backlog: 1}, function () { console.log(this.address().port); process.kill(process.pid, 'SIGSTOP'); })`;
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [said]: Buffer[] = await once(child.stdout, 'data');
  const at = Number(said?.toString());
  const fillers = Array.from({ length: 8 }, () =>
    net.connect(at, '127.0.0.1').on('error', () => undefined),
  );
  await until(
    () =>
      fillers.some(({ connecting }) => connecting) && fillers.some(({ connecting }) => !connecting)
        ? true
        : undefined,
    {
      what: 'a full queue',
    },
  );
  return {
    port: at,
    async [Symbol.asyncDispose]() {
      for (const filler of fillers) filler.destroy();
      child.kill('SIGKILL');
      await once(child, 'close');
    },
  };
}
