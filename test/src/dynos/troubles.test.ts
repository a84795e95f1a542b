import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createZstdCompress } from 'node:zlib';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import pg from 'pg';
import { c as pack } from 'tar';

import { openProcessDriver } from '../../../src/dynos/drivers/process.ts';
import { DYNO_TIMES } from '../../../src/dynos/limits.ts';
import type { Runtime } from '../../../src/dynos/runtime.ts';
import { systemClock } from '../../../src/kit/clock.ts';
import { quoteName } from '../../../src/kit/identifiers.ts';
import { silentLog } from '../../../src/kit/log.ts';
import { formatLogLine } from '../../../src/logs/log-line.ts';
import { HELLO_APP, openWorkshop, type Workshop } from '../../contract/hello-slug.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { until } from '../../support/until.ts';
import { openDemo, type Demo } from './demo.ts';

const TIMES = {
  ...DYNO_TIMES,
  bootMs: 4_000,
  stopGraceMs: 2_000,
  memorySampleMs: 200,
  memoryKillRatio: 1.3,
};

describe('dynos that misbehave', () => {
  let database: TestDatabase;
  let workshop: Workshop;
  let demo: Demo;
  let runtime: Runtime;

  beforeAll(async () => {
    database = await createTestDatabase();
    workshop = await openWorkshop();
    const { folder: home, nodeFolder } = workshop;
    demo = await openDemo({ databaseUrl: database.url, home, nodeFolder });
    runtime = await demo.start({ times: TIMES });
  });

  afterAll(async () => {
    await runtime[Symbol.asyncDispose]();
    await demo[Symbol.asyncDispose]();
    await workshop[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  });

  /** The app's log without times, once it holds what is waited for. */
  async function log(appId: string, pattern: RegExp): Promise<readonly string[]> {
    return until(
      async () => {
        const lines = (await runtime.hub.recent(appId)).map(formatLogLine);
        const text = lines.map((line) => line.slice(line.indexOf(' ') + 1));
        return pattern.test(text.join('\n')) ? text : undefined;
      },
      { what: String(pattern) },
    );
  }

  test('R10: a web dyno that binds no port in time is killed and counts as crashed', async () => {
    const app = await demo.makeApp('deaf');
    await app.release(await workshop.makeSlug(HELLO_APP), { web: 'echo here; sleep 600' });
    await app.scale('web', 1);
    expect((await log(app.id, /to crashed/)).slice(1, 6)).toEqual([
      'app[web.1]: here',
      'heroku[web.1]: Error R10 (Boot timeout) -> Web process failed to bind to $PORT within 4 seconds of launch',
      'heroku[web.1]: Stopping process with SIGKILL',
      'heroku[web.1]: Process exited with status 137',
      'heroku[web.1]: State changed from starting to crashed',
    ]);
    await app.scale('web', 0);
  });

  test('R12: what ignores SIGTERM is killed', async () => {
    const app = await demo.makeApp('stubborn');
    await app.release(await workshop.makeSlug(HELLO_APP), {
      worker: `trap '' TERM; echo ready; while :; do sleep 0.05; done`,
    });
    await app.scale('worker', 1);
    await log(app.id, /\]: ready/);
    await app.scale('worker', 0);
    expect((await log(app.id, /Process exited/)).slice(-5)).toEqual([
      'heroku[worker.1]: State changed from up to down',
      'heroku[worker.1]: Stopping all processes with SIGTERM',
      'heroku[worker.1]: Error R12 (Exit timeout) -> At least one process failed to exit within 2 seconds of SIGTERM',
      'heroku[worker.1]: Stopping remaining processes with SIGKILL',
      'heroku[worker.1]: Process exited with status 137',
    ]);
  });

  test('R14 and R15: memory over the quota is told, and a multiple of it ends the dyno', async () => {
    const app = await demo.makeApp('hungry');
    const hold = (megabytes: number): string =>
      `node -e "const held = Buffer.alloc(${megabytes} * 1048576, 1); setInterval(() => held.length, 1000)"`;
    await app.release(await workshop.makeSlug(HELLO_APP), { worker: hold(540) });
    await app.scale('worker', 1);
    expect(await log(app.id, /R14/)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(
          /^heroku\[worker\.1\]: Process running mem=[56]\d\dM\(1[012]\d\.\d%\)$/,
        ),
        'heroku[worker.1]: Error R14 (Memory quota exceeded)',
      ]),
    );
    await app.release(await workshop.makeSlug(HELLO_APP), { worker: hold(720) });
    expect(await log(app.id, /R15[^]*to crashed/)).toEqual(
      expect.arrayContaining([
        'heroku[worker.1]: Error R15 (Memory quota vastly exceeded)',
        'heroku[worker.1]: Process exited with status 137',
      ]),
    );
    await app.scale('worker', 0);
  });

  test('a slug that is not there crashes its dyno with the reason, and no other app', async () => {
    const lost = await demo.makeApp('lost');
    const slug = await workshop.makeSlug({ only: 'here' });
    await lost.release({ ...slug, digest: 'f'.repeat(64) }, { worker: 'true' });
    await demo.pool.query(`update slugs set sha256 = repeat('0', 64) where app_id = $1`, [lost.id]);
    await lost.scale('worker', 1);
    const fine = await demo.makeApp('fine');
    await fine.release(slug, { worker: 'echo fine; sleep 600' });
    await fine.scale('worker', 1);
    await log(fine.id, /\]: fine/);
    expect(await log(lost.id, /crashed/)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^heroku\[worker\.1\]: Process could not be started: /),
      ]),
    );
    await lost.scale('worker', 0);
    await fine.scale('worker', 0);
  });

  test('with the database away, dynos serve on; what happened is written down when it is back', async () => {
    const app = await demo.makeApp('patient');
    await app.release(await workshop.makeSlug(HELLO_APP), { web: 'node server.js' });
    await app.scale('web', 1);
    await log(app.id, /to up/);
    const { rows } = await demo.pool.query('select port from dynos where app_id = $1', [app.id]);
    const name = new URL(database.url).pathname.slice(1);
    const admin = new URL(database.url);
    admin.pathname = '/postgres';
    await using closed = await closeDatabase(admin.toString(), name);
    const reply = await fetch(`http://127.0.0.1:${runtime.appsPort}/`, { headers: { host: 'x' } });
    expect(reply.status).toBe(404);
    const port = Number(rows[0]?.port);
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200);
    await until(() => (runtime.healthy ? undefined : true), { what: 'the database to be missed' });
    await closed.open();
    await until(() => (runtime.healthy ? true : undefined), { what: 'the database to be back' });
    await app.scale('web', 0);
    await log(app.id, /Process exited with status 0/);
  });
});

test('the disk of output that was read is given back', async () => {
  await using workshop = await openWorkshop();
  await using driver = await openProcessDriver({
    home: workshop.folder,
    clock: systemClock,
    log: silentLog,
  });
  const spec = workshop.spec(
    await workshop.makeSlug({ a: '' }),
    `awk 'BEGIN { for (i = 0; i < 300000; i++) print "line number " i " of an app that talks and talks" }'`,
  );
  await driver.start(spec);
  let lines = 0;
  for await (const batch of driver.logs(spec.id, new AbortController().signal))
    lines += batch.lines.length;
  expect(lines).toBe(300_000);
  const { size, blocks } = await stat(join(workshop.folder, 'dynos', 'run', spec.id, 'log'));
  // Holes where the file system can, else an emptied file.
  expect(blocks * 512).toBeLessThan(6 * 1_048_576);
  expect(size === 0 || size > 12 * 1_048_576).toBe(true);
  await driver.remove(spec.id);
});

/** Takes a database away: nobody may connect, and who was connected is not any more. */
async function closeDatabase(adminUrl: string, name: string) {
  const client = new pg.Client(adminUrl);
  await client.connect();
  const allow = async (allowed: boolean): Promise<void> => {
    await client.query(`alter database ${quoteName(name)} allow_connections ${String(allowed)}`);
  };
  await allow(false);
  await client.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [
    name,
  ]);
  return {
    open: async () => allow(true),
    async [Symbol.asyncDispose]() {
      await allow(true);
      await client.end();
    },
  };
}

test('a slug that names files outside of its folder writes none of them', async () => {
  await using workshop = await openWorkshop();
  await using driver = await openProcessDriver({
    home: workshop.folder,
    clock: systemClock,
    log: silentLog,
  });
  const victim = join(workshop.folder, 'victim');
  await writeFile(victim, 'written by the slug');
  const file = join(workshop.folder, 'hostile.tar.zst');
  await pipeline(
    pack({ cwd: join(workshop.folder, 'bin'), preservePaths: true }, [victim, '../victim']),
    createZstdCompress(),
    createWriteStream(file),
  );
  await writeFile(victim, 'safe');
  const digest = createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
  const spec = workshop.spec({ file, digest }, 'true');
  // Refused or made harmless, as the system's tar likes it.
  await driver.start(spec).catch(() => undefined);
  expect(await readFile(victim, 'utf8')).toBe('safe');
  await driver.ended(spec.id, new AbortController().signal);
});

const superuser = process.getuid?.() === 0;

(superuser ? test : test.skip)(
  'as the superuser: no dyno reads, signals or looks into another, or into the platform',
  async () => {
    await using workshop = await openWorkshop();
    await using driver = await openProcessDriver({
      home: workshop.folder,
      clock: systemClock,
      log: silentLog,
    });
    const victim = workshop.spec(
      await workshop.makeSlug({ secret: 'hidden' }),
      'echo $$; exec sleep 600',
      {
        environment: { TOKEN: 'hidden' },
      },
    );
    await driver.start(victim);
    let pid = '';
    for await (const { lines } of driver.logs(victim.id, new AbortController().signal)) {
      pid = lines[0] ?? '';
      break;
    }
    const run = join(workshop.folder, 'dynos', 'run');
    const attacks = [
      `cat ${run}/${victim.id}/app/secret`,
      `ls ${run}`,
      `ls ${run}/../unpacked`,
      `cat ${run}/${victim.id}/log ${run}/${victim.id}/dyno.json`,
      `cat /proc/${pid}/environ`,
      `kill -9 ${pid}`,
      `cat /proc/${process.pid}/environ`,
      `kill -0 ${process.pid}`,
    ];
    const attacker = workshop.spec(
      await workshop.makeSlug({ a: '' }),
      attacks.map((attack) => `${attack} 2>&1 && echo BROKEN`).join('; '),
    );
    await driver.start(attacker);
    await driver.ended(attacker.id, new AbortController().signal);
    const said: string[] = [];
    for await (const { lines } of driver.logs(attacker.id, new AbortController().signal))
      said.push(...lines);
    expect(said).toHaveLength(attacks.length + 1);
    for (const line of said) expect(line).toMatch(/ermission denied|not permitted/);
    expect((await driver.list()).find(({ id }) => id === victim.id)?.exit).toBeUndefined();
    await driver.stop(victim.id, 0);
  },
);
