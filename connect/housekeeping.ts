import cron from 'node-cron';

import type { Clock } from '../src/kit/clock.ts';
import type { Log } from '../src/kit/log.ts';
import type { ConnectionLife } from './connection-life.ts';
import type { Connections } from './connections.ts';
import { ARCHIVE_DAYS, ARCHIVE_DAYS_FREE } from './limits.ts';
import type { Platform } from './platform.ts';
import type { Registry } from './registry.ts';

const DAY_MS = 86_400_000;

export interface Housekeeping {
  readonly connections: Connections;
  readonly registry: Registry;
  readonly platform: Platform;
  readonly clock: Clock;
  readonly log: Log;
}

/** What is done by the clock, for every connection: the archive's retention, and whether its database has moved. */
export function scheduleHousekeeping(parts: Housekeeping): AsyncDisposable {
  const tasks = [
    cron.schedule('17 * * * *', () => everyConnection(parts, 'archive pruned', pruneArchive), {
      noOverlap: true,
    }),
    cron.schedule('* * * * *', () => everyConnection(parts, 'database looked up', followDatabase), {
      noOverlap: true,
    }),
    cron.schedule('* * * * *', () => everyConnection(parts, 'log kept', keepLog), {
      noOverlap: true,
    }),
  ];
  return {
    async [Symbol.asyncDispose]() {
      for (const task of tasks) await task.destroy();
    },
  };
}

type Work = (parts: Housekeeping, life: ConnectionLife) => Promise<void>;

/** One connection's trouble is its own. */
async function everyConnection(parts: Housekeeping, what: string, work: Work): Promise<void> {
  for (const life of parts.connections.all()) {
    try {
      await work(parts, life);
    } catch (error) {
      parts.log.warn({ connectionId: life.id, err: error }, `not done: ${what}`);
    }
  }
}

/** Entries of the log's archive are kept as long as the plan says. */
async function pruneArchive({ clock, log }: Housekeeping, life: ConnectionLife): Promise<void> {
  const { opened } = life;
  if (opened === undefined || opened.plan.planned.length === 0) return;
  const days = opened.connection.plan.endsWith('demo') ? ARCHIVE_DAYS_FREE : ARCHIVE_DAYS;
  const removed = await opened.database.pruneArchive(new Date(clock.now() - days * DAY_MS));
  if (removed > 0) log.info({ connectionId: life.id, removed }, 'archive pruned');
}

/** Entries that a person marked are sent again; those that are never sent leave the log for the archive. */
async function keepLog({ log }: Housekeeping, life: ConnectionLife): Promise<void> {
  const { opened } = life;
  if (opened === undefined || opened.plan.planned.length === 0) return;
  const requeued = await opened.database.requeueMarked();
  if (requeued > 0) log.info({ connectionId: life.id, requeued }, 'marked entries sent again');
  await opened.database.archiveReadOnly();
}

/** The config var may name another database since (a promotion, new credentials): the connection then begins anew there. */
async function followDatabase(
  { platform, log }: Housekeeping,
  life: ConnectionLife,
): Promise<void> {
  const { opened } = life;
  if (opened === undefined || opened.connection.dbKey === null) return;
  const { appId, appName, dbKey } = opened.connection;
  const url = await platform.databaseUrl(appId ?? appName, dbKey);
  if (url === opened.databaseUrl) return;
  log.info({ connectionId: life.id }, 'the database has moved');
  life.restart();
}
