import { spawn } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';

import { startPostgres } from '../../src/kit/postgres-server.ts';
import { freePort } from '../support/free-port.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'landbridge-postgres-'));
  await chmod(folder, 0o755);
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function ask(url: string, text: string): Promise<unknown> {
  const client = new pg.Client(url);
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query(text);
    return rows[0];
  } finally {
    await client.end();
  }
}

describe('the embedded PostgreSQL', () => {
  test('keeps its data over a stop, over a kill -9, and over a lock file whose process is gone', async () => {
    const options = { folder: join(folder, 'cluster'), port: await freePort(), password: 'p' };
    {
      await using server = await startPostgres(options);
      await ask(server.url('postgres'), 'create table kept as select 42 as n');
    }
    const lock = join(options.folder, 'postmaster.pid');
    {
      await using server = await startPostgres(options);
      expect(await ask(server.url('postgres'), 'select n from kept')).toEqual({ n: 42 });
      const pid = Number((await readFile(lock, 'utf8')).split('\n')[0]);
      process.kill(pid, 'SIGKILL');
      await server.ended;
    }
    // The lock of a process that is gone and whose number another program now has.
    const stranger = spawn('sleep', ['60']);
    const left = (await readFile(lock, 'utf8')).split('\n');
    await writeFile(lock, [String(stranger.pid), ...left.slice(1)].join('\n'));
    try {
      await using server = await startPostgres(options);
      expect(await ask(server.url('postgres'), 'select n from kept')).toEqual({ n: 42 });
    } finally {
      stranger.kill();
    }
  }, 60_000);

  test('takes over the server that a killed start left running, and then stops it', async () => {
    const options = { folder: join(folder, 'adopted'), port: await freePort(), password: 'p' };
    const abandoned = await startPostgres(options);
    const pid = await ask(
      abandoned.url('postgres'),
      'select pg_postmaster_start_time() as started',
    );
    {
      await using server = await startPostgres(options);
      expect(
        await ask(server.url('postgres'), 'select pg_postmaster_start_time() as started'),
      ).toEqual(pid);
    }
    await abandoned.ended;
  }, 60_000);

  test('says which setting moves it when its port is taken', async () => {
    const options = { folder: join(folder, 'first'), port: await freePort(), password: 'p' };
    await using _first = await startPostgres(options);
    await expect(startPostgres({ ...options, folder: join(folder, 'second') })).rejects.toThrow(
      `port ${options.port} is taken by another program. Free the port, or set LANDBRIDGE_PG_PORT`,
    );
  }, 60_000);
});
