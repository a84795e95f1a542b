import type pg from 'pg';
import { z } from 'zod';

import type { Clock } from '../src/kit/clock.ts';
import type { Log } from '../src/kit/log.ts';
import { USAGE_STORE_INTERVAL_MS } from './limits.ts';
import { ApiUsage } from './usage.ts';

const Counts = z.array(z.object({ name: z.string(), hour: z.number(), count: z.coerce.number() }));

/** The counts as an earlier process left them. */
export async function readUsage(pool: pg.Pool): Promise<ApiUsage> {
  const { rows } = await pool.query(READ_USAGE);
  return new ApiUsage(Counts.parse(rows));
}

const READ_USAGE = `/* readUsage */
select name, hour, count::text as count from usage_counts`;

export interface UsageKeeping {
  readonly pool: pg.Pool;
  readonly clock: Clock;
  readonly log: Log;
  readonly usage: ApiUsage;
}

/**
 * Writes the counts down every few seconds, and at disposal. A process that is killed forgets the calls of those last
 * seconds: to write at every call would cost each of them a transaction.
 */
export function keepUsage(parts: UsageKeeping): AsyncDisposable {
  const stop = new AbortController();
  const kept = keepUntilStopped(parts, stop.signal);
  return {
    async [Symbol.asyncDispose]() {
      stop.abort();
      await kept;
      await storeUsage(parts);
    },
  };
}

async function keepUntilStopped(parts: UsageKeeping, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await parts.clock.sleep(USAGE_STORE_INTERVAL_MS, signal);
    await storeUsage(parts);
  }
}

async function storeUsage({ pool, clock, log, usage }: UsageKeeping): Promise<void> {
  const { counts, oldest } = usage.takeChanges({ clock });
  if (counts.length === 0) return;
  try {
    await pool.query(STORE_USAGE, [JSON.stringify(counts), oldest]);
  } catch (error) {
    log.warn({ err: error }, 'API usage could not be stored');
  }
}

const STORE_USAGE = `/* storeUsage */
with outdated as (delete from usage_counts where hour <= $2)
insert into usage_counts (name, hour, count)
select name, hour, count from jsonb_to_recordset($1::jsonb) as given(name text, hour integer, count bigint)
on conflict (name, hour) do update set count = excluded.count`;
