import { randomBytes, randomUUID } from 'node:crypto';
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import pg from 'pg';

import type { Slug } from '../../../src/dynos/driver.ts';
import { startRuntime, type Runtime, type RuntimeOptions } from '../../../src/dynos/runtime.ts';
import { systemClock } from '../../../src/kit/clock.ts';
import { silentLog } from '../../../src/kit/log.ts';
import { migrate } from '../../../src/kit/migrate.ts';
import { SecretBox } from '../../../src/kit/secret-box.ts';
import { sealConfig } from '../../../src/store/config-vars.ts';
import { openRuntimeStore } from '../../../src/store/runtime-store.ts';

/** A platform's database with apps in it, and the runtime on top. */
export interface Demo extends AsyncDisposable {
  readonly pool: pg.Pool;
  makeApp(name: string): Promise<DemoApp>;
  start(more?: Partial<RuntimeOptions>): Promise<Runtime>;
}

interface DemoApp {
  readonly id: string;
  release(
    slug: Slug,
    processTypes: Readonly<Record<string, string>>,
    config?: Readonly<Record<string, string>>,
  ): Promise<string>;
  scale(type: string, quantity: number): Promise<void>;
}

export interface DemoOptions {
  readonly databaseUrl: string;
  readonly home: string;
  readonly nodeFolder: string;
  readonly key?: Buffer;
}

const PORTS = { first: 21_000, last: 24_999 };

export async function openDemo({
  databaseUrl,
  home,
  nodeFolder,
  key = randomBytes(32),
}: DemoOptions): Promise<Demo> {
  await migrate(databaseUrl, 'migrations/platform');
  await mkdir(join(home, 'slugs'), { recursive: true });
  const pool = new pg.Pool({ connectionString: databaseUrl });
  // A test that takes the database away is not to fail for that alone.
  pool.on('error', () => undefined);
  const box = new SecretBox(key);
  const userId = randomUUID();
  await pool.query('insert into users (id, email) values ($1, $2)', [
    userId,
    `${userId}@example.com`,
  ]);
  return {
    pool,
    makeApp: async (name) => makeApp({ pool, box, home, nodeFolder, userId, name }),
    start: async (more = {}) =>
      startRuntime({
        store: openRuntimeStore({ pool, databaseUrl, box, home, log: silentLog }),
        clock: systemClock,
        log: silentLog,
        home,
        host: '127.0.0.1',
        appsPort: 0,
        secure: undefined,
        baseDomains: ['localhost'],
        dynoPorts: PORTS,
        dynosAtEnd: 'stop',
        ...more,
      }),
    async [Symbol.asyncDispose]() {
      await pool.end();
    },
  };
}

interface NewApp {
  readonly pool: pg.Pool;
  readonly box: SecretBox;
  readonly home: string;
  readonly nodeFolder: string;
  readonly userId: string;
  readonly name: string;
}

async function makeApp({ pool, box, home, nodeFolder, userId, name }: NewApp): Promise<DemoApp> {
  const id = randomUUID();
  let version = 0;
  await pool.query(
    `insert into apps (id, name, owner_id, stack, region) values ($1, $2, $3, 'heroku-24', 'us')`,
    [id, name, userId],
  );
  return {
    id,
    async release(slug, processTypes, config = {}) {
      await copyFile(slug.file, join(home, 'slugs', slug.digest));
      const slugId = randomUUID();
      const releaseId = randomUUID();
      await pool.query(
        `insert into slugs (id, app_id, sha256, size, process_types, stack) values ($1, $2, $3, 1, $4, 'heroku-24')`,
        [slugId, id, slug.digest, JSON.stringify(processTypes)],
      );
      version += 1;
      const sealed = sealConfig(box, id, { PATH: `${nodeFolder}:/usr/bin:/bin`, ...config });
      await pool.query(
        `insert into releases (id, app_id, version, slug_id, config_sealed, addon_config_names, addon_plans, description, user_id, status)
         values ($1, $2, $3, $4, $5, '[]', '[]', 'Deploy', $6, 'succeeded')`,
        [releaseId, id, version, slugId, sealed, userId],
      );
      return releaseId;
    },
    async scale(type, quantity) {
      await pool.query(
        `insert into formation (id, app_id, type, quantity, size) values ($1, $2, $3, $4, 'Basic')
         on conflict (app_id, type) do update set quantity = excluded.quantity`,
        [randomUUID(), id, type, quantity],
      );
    },
  };
}
