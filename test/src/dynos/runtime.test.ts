import { spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile, stat } from 'node:fs/promises';
import http from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import type { Runtime } from '../../../src/dynos/runtime.ts';
import { formatLogLine } from '../../../src/logs/log-line.ts';
import { HELLO_APP, openWorkshop, type Workshop } from '../../contract/hello-slug.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { until } from '../../support/until.ts';
import { openDemo, type Demo, type DemoOptions } from './demo.ts';

describe('the runtime', () => {
  let database: TestDatabase;
  let workshop: Workshop;
  let demo: Demo;
  let runtime: Runtime;

  beforeAll(async () => {
    database = await createTestDatabase();
    workshop = await openWorkshop();
    demo = await openDemo({
      databaseUrl: database.url,
      home: workshop.folder,
      nodeFolder: workshop.nodeFolder,
    });
    runtime = await demo.start();
  });

  afterAll(async () => {
    await runtime[Symbol.asyncDispose]();
    await demo[Symbol.asyncDispose]();
    await workshop[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  });

  async function get(host: string, port = runtime.appsPort): Promise<Reply> {
    return getFrom(port, `${host}.localhost`);
  }

  async function states(appId: string): Promise<readonly string[]> {
    const { rows } = await demo.pool.query(
      'select name, state from dynos where app_id = $1 order by name',
      [appId],
    );
    return rows.map(({ name, state }) => `${String(name)} ${String(state)}`);
  }

  async function logOf(appId: string): Promise<string> {
    return (await runtime.hub.recent(appId)).map(formatLogLine).join('\n');
  }

  test('a scaled release answers at its host, says so in its log, and goes when it is scaled down', async () => {
    const app = await demo.makeApp('hello');
    await app.release(
      await workshop.makeSlug(HELLO_APP),
      { web: 'node server.js' },
      { GREETING: 'good day' },
    );
    await app.scale('web', 1);
    const { text } = await until(
      async () => ((await get('hello')).status === 200 ? get('hello') : undefined),
      {
        what: 'the app',
      },
    );
    expect(text).toMatch(/^good day from web\.1 \d+\n$/);
    expect(await states(app.id)).toEqual(['web.1 up']);
    await app.scale('web', 0);
    await until(async () => ((await states(app.id)).length === 0 ? true : undefined), {
      what: 'its end',
    });
    expect(await get('hello')).toMatchObject({ status: 503 });
    const log = (await logOf(app.id)).split('\n').map((line) => line.slice(line.indexOf(' ') + 1));
    // What the app says and what the platform says of it come by different ways: only each of them is in order.
    expect(log.filter((line) => line.startsWith('app[web.1]'))).toEqual([
      expect.stringMatching(/^app\[web\.1\]: listening on \d+$/),
      'app[web.1]: bye',
    ]);
    expect(log.filter((line) => line.startsWith('heroku[web.1]'))).toEqual([
      'heroku[web.1]: Starting process with command `node server.js`',
      'heroku[web.1]: State changed from starting to up',
      'heroku[web.1]: State changed from up to down',
      'heroku[web.1]: Stopping all processes with SIGTERM',
      'heroku[web.1]: Process exited with status 0',
    ]);
    expect(log.findLast((line) => line.startsWith('heroku[router]'))).toMatch(
      /^heroku\[router\]: at=error code=H14 desc="No web dynos running" method=GET path="\/" host=hello.localhost request_id=\S+ fwd="127.0.0.1" dyno= connect= service= status=503 bytes= protocol=http$/,
    );
  });

  test('five releases are switched under load: no request fails, and each new one is served', async () => {
    const app = await demo.makeApp('busy');
    // Slow to answer, and SIGTERM ends it in the middle of whatever it does.
    const slug = await workshop.makeSlug({
      'server.js': `
        const http = require('node:http');
        http.createServer((req, res) => setTimeout(() => res.end(process.env.GREETING + ' '), 15)).listen(process.env.PORT);
      `,
    });
    await app.release(slug, { web: 'node server.js' }, { GREETING: 'v0' });
    await app.scale('web', 2);
    await until(async () => ((await get('busy')).status === 200 ? true : undefined), {
      what: 'v0',
    });
    const load = new AbortController();
    const replies: Reply[] = [];
    const failures: unknown[] = [];
    const agent = new http.Agent({ keepAlive: true });
    const clients = Array.from({ length: 6 }, async () => {
      while (!load.signal.aborted) {
        try {
          // With a body: nothing that the router could send a second time.
          replies.push(await getFrom(runtime.appsPort, 'busy.localhost', { agent, body: 'x' }));
        } catch (error) {
          failures.push(error);
        }
      }
    });
    for (let version = 1; version <= 5; version += 1) {
      await app.release(slug, { web: 'node server.js' }, { GREETING: `v${version}` });
      await until(
        async () => {
          const up = await states(app.id);
          return up.length === 2 && replies.at(-1)?.text.startsWith(`v${version} `) === true
            ? true
            : undefined;
        },
        { what: `only v${version}` },
      );
    }
    // A quick machine switches sooner than this many requests are answered.
    await until(() => (replies.length > 200 ? true : undefined), { what: 'enough load' });
    load.abort();
    await Promise.all(clients);
    agent.destroy();
    expect(failures).toEqual([]);
    expect(replies.filter(({ status }) => status !== 200)).toEqual([]);
    expect(new Set(replies.map(({ text }) => text.split(' ')[0]))).toEqual(
      new Set(['v0', 'v1', 'v2', 'v3', 'v4', 'v5']),
    );
    expect(replies.length).toBeGreaterThan(200);
    await app.scale('web', 0);
  });

  test('a release that crashes leaves the old one serving, and is started again later and later', async () => {
    const app = await demo.makeApp('careful');
    const slug = await workshop.makeSlug(HELLO_APP);
    await app.release(slug, { web: 'node server.js' }, { GREETING: 'good' });
    await app.scale('web', 1);
    await until(async () => ((await get('careful')).status === 200 ? true : undefined), {
      what: 'good',
    });
    await app.release(slug, { web: 'echo broken; exit 7' });
    const crashes = await until(
      async () => {
        const { rows } = await demo.pool.query(
          `select crashes, exit_code from dynos where app_id = $1 and state = 'crashed' and crashes >= 2`,
          [app.id],
        );
        return rows[0];
      },
      { what: 'a second crash' },
    );
    expect(crashes).toMatchObject({ exit_code: 7 });
    expect((await get('careful')).text).toMatch(/^good /);
    expect(await logOf(app.id)).toMatch(
      /heroku\[web\.1\]: Process exited with status 7\n\S+ heroku\[web\.1\]: State changed from starting to crashed\n\S+ heroku\[web\.1\]: State changed from crashed to starting/,
    );
    await app.release(slug, { web: 'node server.js' }, { GREETING: 'better' });
    await until(async () => ((await get('careful')).text.startsWith('better') ? true : undefined), {
      what: 'better',
    });
    await app.scale('web', 0);
  });

  test('an app whose only release crashes is H10, one that boots makes its requests wait', async () => {
    const app = await demo.makeApp('broken');
    await app.release(await workshop.makeSlug(HELLO_APP), { web: 'sleep 0.3; exit 1' });
    await app.scale('web', 1);
    expect(
      (
        await until(async () => found((await get('broken')).text, /H10|H20/), { what: 'a code' })
      )[0],
    ).toBe('H10');
    await app.scale('web', 0);
  });

  test('a worker is never there twice while its release is switched', async () => {
    const app = await demo.makeApp('worker');
    const slug = await workshop.makeSlug({ a: '' });
    const command = `trap 'rmdir "$LOCK"; exit 0' TERM; mkdir "$LOCK" && echo working || { echo twice; exit 1; }; while :; do sleep 0.05; done`;
    const config = { LOCK: `/tmp/landbridge-lock-${app.id}` };
    await app.release(slug, { worker: command }, config);
    await app.scale('worker', 1);
    await until(async () => found(await logOf(app.id), /\]: working/), { what: 'the first' });
    await app.release(slug, { worker: command }, config);
    await until(async () => found(await logOf(app.id), /\]: working[^]*\]: working/), {
      what: 'the second',
    });
    expect(await logOf(app.id)).not.toContain(']: twice');
    await app.scale('worker', 0);
    await until(async () => ((await states(app.id)).length === 0 ? true : undefined), {
      what: 'its end',
    });
  });

  test('ps:restart and ps:stop replace a dyno, and a one-off dyno runs once to its exit code', async () => {
    const app = await demo.makeApp('asked');
    const releaseId = await app.release(
      await workshop.makeSlug(HELLO_APP),
      { web: 'node server.js' },
      { GREETING: 'hi' },
    );
    await app.scale('web', 1);
    let pid = await until(async () => found((await get('asked')).text, /\d+$/m), {
      what: 'the app',
    });
    for (const asked of ['restart', 'stop']) {
      await demo.pool.query('update dynos set asked = $2 where app_id = $1', [app.id, asked]);
      const before = pid[0];
      pid = await until(
        async () => {
          const now = found((await get('asked')).text, /\d+$/m);
          return now?.[0] === before ? undefined : now;
        },
        { what: `another dyno after ${asked}` },
      );
    }
    const id = randomUUID();
    await demo.pool.query(
      `insert into dynos (id, app_id, release_id, type, number, name, size, command, state, one_off)
       values ($1, $2, $3, 'run', 4711, 'run.4711', 'Basic', 'echo once; exit 5', 'starting', true)`,
      [id, app.id, releaseId],
    );
    const exit = await until(
      async () =>
        (
          await demo.pool.query(`select exit_code from dynos where id = $1 and state = 'down'`, [
            id,
          ])
        ).rows[0],
      { what: 'its end' },
    );
    expect(exit).toEqual({ exit_code: 5 });
    runtime.wake();
    await app.scale('web', 0);
    await until(async () => ((await states(app.id)).length === 1 ? true : undefined), {
      what: 'only the one-off',
    });
    expect((await logOf(app.id)).match(/app\[run\.4711\]: once/g)).toHaveLength(1);
    expect(await logOf(app.id)).toContain('heroku[run.4711]: State changed from up to complete');
  });

  test('destroying an app ends its dynos', async () => {
    const app = await demo.makeApp('doomed');
    await app.release(await workshop.makeSlug(HELLO_APP), { web: 'node server.js' });
    await app.scale('web', 1);
    await until(async () => ((await get('doomed')).status === 200 ? true : undefined), {
      what: 'the app',
    });
    await demo.pool.query('delete from apps where id = $1', [app.id]);
    expect(
      await until(async () => ((await get('doomed')).status === 404 ? 404 : undefined), {
        what: '404',
      }),
    ).toBe(404);
    await until(async () => found(await logOf(app.id), /Process exited with status 0/), {
      what: 'its end',
    });
  });
});

describe('a platform that is killed', () => {
  test('leaves its dynos serving; the next one adopts them, with what they said and did meanwhile', async () => {
    await using database = await createTestDatabase();
    await using workshop = await openWorkshop();
    const options = {
      databaseUrl: database.url,
      home: workshop.folder,
      nodeFolder: workshop.nodeFolder,
      key: randomBytes(32),
    };
    await using demo = await openDemo(options);
    const app = await demo.makeApp('survivor');
    const slug = await workshop.makeSlug({
      'server.js': `
        const http = require('node:http');
        http.createServer((req, res) => { console.log('asked for ' + req.url); res.end(String(process.pid)); if (req.url === '/die') process.exit(3); }).listen(process.env.PORT);
      `,
    });
    await app.release(slug, { web: 'node server.js' });
    await app.scale('web', 2);
    const first = await startPlatform(options);
    const pids = await until(
      async () => {
        const seen = new Set<string>();
        for (let look = 0; look < 20; look += 1)
          seen.add((await getFrom(first.port, 'survivor.localhost')).text);
        return seen.size === 2 && [...seen].every((text) => /^\d+$/.test(text))
          ? [...seen]
          : undefined;
      },
      { what: 'two dynos' },
    );
    const { rows } = await demo.pool.query(
      'select port from dynos where app_id = $1 order by name',
      [app.id],
    );
    const [one, two] = rows.map(({ port }) => Number(port));
    await getFrom(first.port, 'survivor.localhost', { path: '/before' });
    await until(async () => allRead(workshop.folder), { what: 'the output to be read' });
    await first.kill();

    // Nobody looks after them now. One serves on, the other dies.
    const alone = await (await fetch(`http://127.0.0.1:${one}/alone`)).text();
    expect(pids).toContain(alone);
    await fetch(`http://127.0.0.1:${two}/die`).catch(() => undefined);

    const runtime = await demo.start();
    try {
      expect((await getFrom(runtime.appsPort, 'survivor.localhost')).text).toBe(alone);
      const text = await until(
        async () => {
          const log = (await runtime.hub.recent(app.id)).map(formatLogLine).join('\n');
          return /State changed from crashed to starting[^]*State changed from starting to up/.test(
            log,
          )
            ? log
            : undefined;
        },
        { what: 'the dead one started again' },
      );
      expect(text.match(/asked for \/before/g)).toHaveLength(1);
      expect(text.match(/asked for \/alone/g)).toHaveLength(1);
      expect(text).toMatch(
        /asked for \/die[^]*Process exited with status 3[^]*State changed from up to crashed/,
      );
      const after = await demo.pool.query('select state from dynos where app_id = $1', [app.id]);
      expect(after.rows).toEqual([{ state: 'up' }, { state: 'up' }]);
    } finally {
      await runtime[Symbol.asyncDispose]();
    }
    expect((await demo.pool.query('select state from dynos')).rows).toEqual([]);
    for (const port of [one, two])
      await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow('fetch failed');
  });
});

interface Reply {
  readonly status: number;
  readonly text: string;
}

async function getFrom(
  port: number,
  host: string,
  { agent, body, path = '/' }: { agent?: http.Agent; body?: string; path?: string } = {},
): Promise<Reply> {
  const method = body === undefined ? 'GET' : 'POST';
  const request = http.request({
    host: '127.0.0.1',
    port,
    path,
    method,
    headers: { host },
    agent: agent ?? false,
  });
  request.end(body);
  const [reply]: http.IncomingMessage[] = await once(request, 'response');
  if (reply === undefined) throw new TypeError('no reply');
  const chunks: Buffer[] = await reply.toArray();
  return { status: reply.statusCode ?? 0, text: Buffer.concat(chunks).toString() };
}

/** Whether what the dynos have said until now was read, and that was written down. */
async function allRead(home: string): Promise<true | undefined> {
  const run = join(home, 'dynos', 'run');
  for (const id of await readdir(run)) {
    const { size } = await stat(join(run, id, 'log'));
    const [offset] = (await readFile(join(run, id, 'log.read'), 'utf8')).split(' ');
    if (Number(offset) !== size) return undefined;
  }
  return true;
}

function found(text: string, pattern: RegExp): RegExpExecArray | undefined {
  return pattern.exec(text) ?? undefined;
}

/** The runtime in a process of its own, to be killed. */
async function startPlatform(options: DemoOptions & { readonly key: Buffer }) {
  const program = fileURLToPath(new URL('demo-main.ts', import.meta.url));
  const words = JSON.stringify({ ...options, key: options.key.toString('base64') });
  const child = spawn(process.execPath, ['--no-warnings', program, words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said]: Buffer[] = await once(child.stdout, 'data');
  return {
    port: Number(said?.toString()),
    async kill() {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}
