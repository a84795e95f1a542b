import { join } from 'node:path';

import pg from 'pg';

import { systemClock, type Clock } from '../src/kit/clock.ts';
import type { Log } from '../src/kit/log.ts';
import { migrate } from '../src/kit/migrate.ts';
import { inTransaction } from '../src/kit/transaction.ts';
import { ALL_PERMISSIONS } from './access/access.ts';
import { prepareSharing } from './access/prepare-sharing.ts';
import { ensureAccess } from './access/seed.ts';
import { Views } from './access/views.ts';
import type { Config } from './config.ts';
import {
  ANNOUNCING_CONNECTIONS_MAX,
  POOL_CONNECTIONS_MAX,
  POOL_WAIT_MS,
  STATEMENT_TIMEOUT_MS,
} from './limits.ts';
import { Injector } from './injector.ts';
import type { Org } from './org.ts';
import { createRecordEngine } from './records/record-engine.ts';
import { readCustomSchema } from './schema/custom-store.ts';
import { STANDARD_OBJECTS } from './schema/standard.ts';
import { LiveSchema } from './schema/live-schema.ts';
import { Schema } from './schema/schema.ts';
import { ensureIdentity } from './seed/identity.ts';
import { ensureStatuses } from './seed/statuses.ts';
import { seedDeveloperEdition } from './seed/developer-edition.ts';
import { defaultSettings } from './settings.ts';
import { surviveLosses } from './store/survive-losses.ts';
import { ensureTables } from './store/tables.ts';
import { keepUsage, readUsage } from './usage-store.ts';

/** An org whose pool closes with it. */
export interface OpenOrg extends Org, AsyncDisposable {}

const MIGRATIONS = join(import.meta.dirname, '../migrations/sandbox');

/**
 * Opens the org on its database: migrations, tables for every object, and at the first start the administrator, the
 * organization and a Developer Edition's records. Each step is a transaction and is skipped when it was done before.
 */
export async function openOrg(
  config: Config,
  log: Log,
  machine: Clock = systemClock,
): Promise<OpenOrg> {
  await migrate(config.databaseUrl, MIGRATIONS);
  const pool = new pg.Pool({
    connectionString: config.databaseUrl,
    max: POOL_CONNECTIONS_MAX,
    connectionTimeoutMillis: POOL_WAIT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    application_name: 'landbridge sandbox',
  });
  surviveLosses(pool, log);
  const settings = {
    ...defaultSettings(),
    ...(config.eventDelay === undefined ? {} : { eventDelay: config.eventDelay }),
    ...(config.visibilityDelay === undefined ? {} : { visibilityDelay: config.visibilityDelay }),
  };
  const clock: Clock = {
    now: () => machine.now() + settings.clockOffsetMs,
    sleep: (ms, signal) => machine.sleep(ms, signal),
  };
  let schema = new Schema(STANDARD_OBJECTS);
  const identity = await inTransaction(pool, async (client) => {
    schema = await readCustomSchema(client);
    await ensureTables(client, schema.objects);
    const made = await ensureIdentity(client, schema, new Date(clock.now()));
    await ensureAccess(client, schema, made, new Date(clock.now()));
    await ensureStatuses({
      client,
      schema,
      userId: made.adminUserId,
      now: new Date(clock.now()),
    });
    await prepareSharing(client, schema, made, new Date(clock.now()));
    return made;
  });
  const injector = new Injector();
  const usage = await readUsage(pool);
  const keptUsage = keepUsage({ pool, clock, log, usage });
  const live = new LiveSchema(pool, log, schema);
  const announcements = new pg.Pool({
    connectionString: config.databaseUrl,
    max: ANNOUNCING_CONNECTIONS_MAX,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    application_name: 'landbridge sandbox events',
  });
  surviveLosses(announcements, log);
  const parts = {
    pool,
    announcements,
    clock,
    settings,
    injector,
    usage,
    schema: (client?: pg.PoolClient) => live.of(client),
    shapeChanged: (client?: pg.PoolClient) => live.shapeChanged(client),
  };
  const records = createRecordEngine(parts);
  const views = new Views(parts);
  const org: OpenOrg = {
    ...identity,
    config,
    pool,
    log,
    clock,
    settings,
    usage,
    injector,
    records,
    permissions: ALL_PERMISSIONS,
    schema: () => live.of(),
    async seenBy(caller) {
      await live.settled();
      return views.seenBy(org, caller);
    },
    get whole() {
      return org;
    },
    replaceSchema(fresh) {
      live.replace(fresh);
    },
    async [Symbol.asyncDispose]() {
      await keptUsage[Symbol.asyncDispose]();
      await announcements.end();
      await pool.end();
    },
  };
  if (identity.fresh) await seedDeveloperEdition(org);
  return org;
}
