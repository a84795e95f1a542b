import { unreachable } from '../../src/kit/assert.ts';
import { START } from '../core/cursor.ts';
import type { LoadState } from '../ports.ts';
import type { Sync } from './sync.ts';

/**
 * One step of loading a table from nothing, or again: a Bulk 2.0 query job, its pages copied into the table as they
 * come. The job's id is kept before the job is waited for and each page's locator with the page's rows, so a kill at any
 * moment repeats at most one page.
 *
 * Resolves to the time to rest, or null when there is nothing to load.
 */
export async function loadTurn(sync: Sync, signal: AbortSignal): Promise<number | null> {
  const { plan, store } = sync;
  const load = await store.readLoad(plan);
  if (load === null)
    return (await store.readCursor(plan)) === null ? beginLoad(sync, signal) : null;
  return load.done ? finish(sync, load) : proceed(sync, load, signal);
}

/** Starts a job over all records. */
export async function beginLoad(
  { plan, store, org, report }: Sync,
  signal: AbortSignal,
): Promise<number> {
  // A job that is made and not remembered, because we died in between, reads and is forgotten by Salesforce: no harm.
  const token = await store.nextToken();
  const { jobId, asOf } = await org.createQueryJob(plan, signal);
  await store.saveLoad(plan, { jobId, token, asOf, locator: null, done: false, records: 0 });
  report({ kind: 'loading', records: 0 });
  return 0;
}

async function proceed(sync: Sync, load: LoadState, signal: AbortSignal): Promise<number> {
  const { plan, store, org, bounds, report } = sync;
  const state = await org.queryJobState(load.jobId, signal);
  switch (state) {
    case 'running':
      report({ kind: 'loadWaiting' });
      return bounds.jobPollMs;
    case 'failed':
    case 'absent':
      // Salesforce keeps a job's results for seven days. What has been loaded stays; the new job brings the rest.
      return beginLoad(sync, signal);
    case 'complete': {
      const page = await org.queryJobPage(load.jobId, load.locator, signal);
      const next = { ...load, locator: page.next, done: page.next === null };
      const records = await store.loadPage(plan, { csv: page.csv, next });
      report({ kind: 'loading', records: load.records + records });
      return 0;
    }
    default:
      return unreachable(state);
  }
}

async function finish({ plan, store, report }: Sync, load: LoadState): Promise<number> {
  await store.finishLoad(plan, { ...START, asOf: load.asOf });
  report({ kind: 'loaded', records: load.records });
  return 0;
}
