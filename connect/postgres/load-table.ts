import type { Readable } from 'node:stream';

import { Fault } from '../../src/kit/fault.ts';
import type { MappingPlan } from '../core/plan.ts';
import type { LoadState, Store } from '../ports.ts';

export interface LoadSource {
  readonly jobId: string;
  /** Salesforce's clock when the job was made (ISO). */
  readonly asOf: string;
  openPage(
    locator: string | null,
  ): Promise<{ readonly csv: Readable; readonly next: string | null }>;
}

/** Loads a table from a finished job, page by page, from wherever an earlier attempt with the same job has come to. */
export async function loadTable(
  store: Store,
  plan: MappingPlan,
  { jobId, asOf, openPage }: LoadSource,
): Promise<number> {
  let load = await store.readLoad(plan);
  if (load?.jobId !== jobId) {
    load = { jobId, token: await store.nextToken(), asOf, locator: null, done: false, records: 0 };
    await store.saveLoad(plan, load);
  }
  while (!load.done) load = await loadNext(store, plan, { load, openPage });
  await store.finishLoad(plan, { asOf, sweep: null });
  return load.records;
}

async function loadNext(
  store: Store,
  plan: MappingPlan,
  { load, openPage }: { readonly load: LoadState } & Pick<LoadSource, 'openPage'>,
): Promise<LoadState> {
  const { csv, next } = await openPage(load.locator);
  const state = { ...load, locator: next, done: next === null };
  try {
    const records = await store.loadPage(plan, { csv, next: state });
    return { ...state, records: load.records + records };
  } catch (error) {
    if (error instanceof Fault && error.code === 'LOAD_PAGE_REPEATED') return load;
    throw error;
  }
}
