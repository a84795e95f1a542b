import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startPostgres, type PostgresServer } from '../../src/kit/postgres-server.ts';
import { freePort } from './free-port.ts';

declare global {
  var landbridgeTestPostgres: { server: PostgresServer; folder: string } | undefined;
}

/** One PostgreSQL for the whole run; every suite makes a database of its own in it. */
export default async function globalSetup(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'landbridge-test-postgres-'));
  const { chmod } = await import('node:fs/promises');
  await chmod(folder, 0o755);
  const server = await startPostgres({
    folder: join(folder, 'cluster'),
    port: await freePort(),
    password: 'test',
    settings: [
      'synchronous_commit=off',
      'full_page_writes=off',
      'fsync=off',
      'max_connections=300',
    ],
  });
  globalThis.landbridgeTestPostgres = { server, folder };
  process.env['LANDBRIDGE_TEST_POSTGRES_URL'] = server.url('postgres');
}
