import pg from 'pg';

import {
  DATABASE_CONNECT_TIMEOUT_MS,
  DATABASE_IDLE_TIMEOUT_MS,
  POOL_CONNECTIONS_MAX,
} from '../limits.ts';

/**
 * What every session of Connect has set. `xmlbinary=hex` is the capture switch: the triggers take a session with it
 * for Connect's own and log nothing. The rest makes the text of values the same on every server.
 */
const SETTINGS = {
  xmlbinary: 'hex',
  timezone: 'UTC',
  datestyle: 'ISO, YMD',
  intervalstyle: 'postgres',
  extra_float_digits: '1',
  bytea_output: 'hex',
} as const;

/**
 * Begins a transaction of Connect's own. The settings are repeated here, once and before anything else: behind a pooler
 * in transaction mode a session's settings may be somebody else's, and one made inside a savepoint would be undone
 * with it, after which Connect's own writes would be captured as the application's.
 */
export const BEGIN = `begin; ${Object.entries(SETTINGS)
  .map(([name, value]) => `set local ${name} = '${value}'`)
  .join('; ')}`;

/** Opens Connect's connections to an application's database. */
export function openPool(url: string, applicationName: string): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: applicationName,
    max: POOL_CONNECTIONS_MAX,
    idleTimeoutMillis: DATABASE_IDLE_TIMEOUT_MS,
    connectionTimeoutMillis: DATABASE_CONNECT_TIMEOUT_MS,
    options: Object.entries(SETTINGS)
      .map(([name, value]) => `-c ${name}=${value.replaceAll(' ', '')}`)
      .join(' '),
  });
  // A connection that breaks while idle is replaced at the next query, which says what is wrong if it still is.
  pool.on('error', () => undefined);
  return pool;
}
