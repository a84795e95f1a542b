import type pg from 'pg';

import type { Log } from '../../src/kit/log.ts';

/**
 * A database session may end at any moment: at a restart of PostgreSQL, by an administrator. Whoever waits for its answer
 * is told by a rejection; the event it also sends would end the process if nobody listened, and the pool listens only
 * while the session is idle.
 */
export function surviveLosses(pool: pg.Pool, log: Log): void {
  pool.on('error', (error) => {
    log.warn({ err: error }, 'an idle database session ended');
  });
  pool.on('connect', (client) => {
    client.on('error', (error) => {
      log.warn({ err: error }, 'a database session ended');
    });
  });
}
