import { existsSync } from 'node:fs';

import { expect, test } from '@jest/globals';
import pg from 'pg';
import { z } from 'zod';

import { serverUrl } from '../support/database.ts';
import { startLandbridge } from '../support/landbridge.ts';
import { until } from '../support/until.ts';

test('with a PostgreSQL of the user’s own there is no embedded one, and each service has its own role and database', async () => {
  await using landbridge = await startLandbridge({
    environment: { LANDBRIDGE_DATABASE_URL: serverUrl(), LANDBRIDGE_SAMPLE: 'off' },
  });
  expect(existsSync(`${landbridge.home}/postgres`)).toBe(false);
  expect(landbridge.output()).not.toContain('Deploy contact-card');
  const client = new pg.Client(serverUrl());
  await client.connect();
  const { rows } = await client.query(
    `select datname, pg_get_userbyid(datdba) as owner, has_database_privilege('public', datname, 'connect') as open,
            (select rolsuper from pg_roles where oid = datdba) as super
       from pg_database where datname like 'landbridge\\_%' order by datname`,
  );
  await client.end();
  expect(rows).toEqual(
    ['landbridge_connect', 'landbridge_platform', 'landbridge_sandbox'].map((name) => ({
      datname: name,
      owner: name,
      open: false,
      super: false,
    })),
  );
  const health = await fetch(`http://localhost:${landbridge.ports.platform}/health`);
  expect(z.object({ state: z.string() }).parse(await health.json()).state).toBe('ready');
}, 120_000);

test.each(['SIGTERM', 'SIGKILL'] as const)(
  'everything stops with the npm that started it, ended by %s',
  async (signal) => {
    await using landbridge = await startLandbridge({
      environment: { LANDBRIDGE_DATABASE_URL: serverUrl(), LANDBRIDGE_SAMPLE: 'off' },
      throughNpm: true,
    });
    landbridge.process.kill(signal);
    await until(
      async () => {
        const asked = [
          landbridge.ports.platform,
          landbridge.ports.connect,
          landbridge.ports.org,
        ].map((port) =>
          fetch(`http://127.0.0.1:${port}/health`).then(
            () => 'answers',
            () => 'gone',
          ),
        );
        return (await Promise.all(asked)).every((one) => one === 'gone') ? true : undefined;
      },
      { what: 'every service to end', timeoutMs: 30_000 },
    );
  },
  120_000,
);
