import { join } from 'node:path';

import pg from 'pg';

import { migrate } from '../../../src/kit/migrate.ts';
import type { SecretBox } from '../../../src/kit/secret-box.ts';
import {
  DATABASE_CONNECT_TIMEOUT_MS,
  DATABASE_IDLE_TIMEOUT_MS,
  REGISTRY_CONNECTIONS_MAX,
} from '../../limits.ts';
import type { Registry } from '../../registry.ts';
import { attemptTable } from './attempt.ts';
import { connectionTable } from './connection.ts';
import { grantTable } from './grant.ts';
import { Leases } from './lease.ts';
import { mappingTable } from './mapping.ts';
import { notificationTable } from './notification.ts';

const MIGRATIONS = join(import.meta.dirname, '..', '..', '..', 'migrations', 'connect');

/** Opens Connect's own database, brought up to the newest migration. */
export async function openRegistry(
  databaseUrl: string,
  box: SecretBox,
): Promise<Registry & AsyncDisposable> {
  await migrate(databaseUrl, MIGRATIONS);
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    application_name: 'landbridge-connect',
    max: REGISTRY_CONNECTIONS_MAX,
    idleTimeoutMillis: DATABASE_IDLE_TIMEOUT_MS,
    connectionTimeoutMillis: DATABASE_CONNECT_TIMEOUT_MS,
  });
  // A connection that breaks while idle is replaced at the next query, which says what is wrong if it still is.
  pool.on('error', () => undefined);
  const leases = new Leases(databaseUrl);
  return {
    leases,
    connections: connectionTable(pool),
    grants: grantTable(pool, box),
    attempts: attemptTable(pool, box),
    mappings: mappingTable(pool),
    notifications: notificationTable(pool),
    async ping() {
      await pool.query('/* ping */ select 1');
    },
    async [Symbol.asyncDispose]() {
      await leases[Symbol.asyncDispose]();
      await pool.end();
    },
  };
}
