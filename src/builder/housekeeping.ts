import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { Loop } from '../kit/loop.ts';
import { HOUSEKEEPING_MS, SOURCE_LIFE_MS, WORK_BACKOFF } from '../limits.ts';
import type { Platform } from '../ports.ts';
import { keepExistingApps } from '../store/apps.ts';
import { keepExistingBuilds } from '../store/builds.ts';
import { keepReferredSlugs } from '../store/slugs.ts';
import { deleteOldSources, keepExistingSources } from '../store/sources.ts';

/**
 * Removes files that no row refers to (any more): uploads after a day, slugs, outputs and caches of apps that are gone.
 *
 * A file is looked at only when it is an hour old. One is written before its row is, so a younger one may still get a
 * row; and one that is renamed to a slug that exists already gets a new age by that.
 */
export function housekeepingLoop({ pool, clock, log, home }: Platform): Loop {
  return new Loop({
    name: 'housekeeping',
    clock,
    log,
    backoff: WORK_BACKOFF,
    turn: async () => {
      await deleteOldSources(pool, SOURCE_LIFE_MS);
      const before = clock.now() - HOUSEKEEPING_MS;
      const sweeps = [
        { folder: 'sources', keep: keepExistingSources, idOf: (name: string) => name },
        { folder: 'slugs', keep: keepReferredSlugs, idOf: (name: string) => name },
        {
          folder: 'builds',
          keep: keepExistingBuilds,
          idOf: (name: string) => name.replace(/\.log$/, ''),
        },
        { folder: join('cache', 'apps'), keep: keepExistingApps, idOf: (name: string) => name },
      ];
      for (const { folder, keep, idOf } of sweeps) {
        const old = await olderThan(join(home, folder), before);
        const kept = new Set(await keep(pool, old.map(idOf)));
        const gone = old.filter((name) => !kept.has(idOf(name)));
        for (const name of gone)
          await rm(join(home, folder, name), { recursive: true, force: true });
        if (gone.length > 0) log.info({ folder, files: gone.length }, 'left-over files removed');
      }
      return HOUSEKEEPING_MS;
    },
  });
}

async function olderThan(folder: string, before: number): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  const found: string[] = [];
  for (const name of names) {
    const status = await stat(join(folder, name)).catch(() => undefined);
    if (status !== undefined && status.mtimeMs < before) found.push(name);
  }
  return found;
}
