import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import http from 'node:http';

import type { Runtime } from '../../../src/dynos/runtime.ts';
import { formatLogLine } from '../../../src/logs/log-line.ts';
import { HELLO_APP, openWorkshop, type Workshop } from '../../contract/hello-slug.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { until } from '../../support/until.ts';
import { openDemo, type Demo } from './demo.ts';

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

  async function get(host: string): Promise<{ readonly status: number; readonly text: string }> {
    const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>();
    http
      .get(
        { host: '127.0.0.1', port: runtime.appsPort, headers: { host: `${host}.localhost` } },
        resolve,
      )
      .on('error', reject);
    const reply = await promise;
    const chunks: Buffer[] = await reply.toArray();
    return { status: reply.statusCode ?? 0, text: Buffer.concat(chunks).toString() };
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
    expect(log.filter((line) => !line.startsWith('heroku[router]'))).toEqual([
      'heroku[web.1]: Starting process with command `node server.js`',
      expect.stringMatching(/^app\[web\.1\]: listening on \d+$/),
      'heroku[web.1]: State changed from starting to up',
      'heroku[web.1]: State changed from up to down',
      'heroku[web.1]: Stopping all processes with SIGTERM',
      'app[web.1]: bye',
      'heroku[web.1]: Process exited with status 0',
    ]);
    expect(log.findLast((line) => line.startsWith('heroku[router]'))).toMatch(
      /^heroku\[router\]: at=error code=H14 desc="No web dynos running" method=GET path="\/" host=hello.localhost request_id=\S+ fwd="127.0.0.1" dyno= connect= service= status=503 bytes= protocol=http$/,
    );
  });
});
