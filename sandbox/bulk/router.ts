import express, { Router } from 'express';

import { requireApi } from '../access/require.ts';
import { countCall } from '../count-call.ts';
import type { Org } from '../org.ts';
import { requireSession, type Authenticator } from '../session.ts';
import { IngestJobs } from './ingest-jobs.ts';
import { addIngestRoutes } from './ingest-routes.ts';
import { deleteJob, jobsMadeBefore, unfinishedJobs } from './job.ts';
import { CLEANUP_INTERVAL_MS, JOB_BODY_BYTES_MAX, JOB_LIFETIME_MS } from './limits.ts';
import { QueryJobs } from './query-jobs.ts';
import { addQueryRoutes } from './query-routes.ts';
import { JobRunner } from './runner.ts';
import { V1Batches } from './v1-batches.ts';
import { createV1Router } from './v1-routes.ts';

interface Bulk {
  readonly runner: JobRunner;
  readonly queries: QueryJobs;
  readonly ingests: IngestJobs;
  readonly batches: V1Batches;
}

/** One runner per org, shared by its router and its background work. */
const bulkOfOrg = new WeakMap<Org, Bulk>();

function bulkOf(org: Org): Bulk {
  const known = bulkOfOrg.get(org);
  if (known !== undefined) return known;
  const runner = new JobRunner(org.log);
  const queries = new QueryJobs(org, runner);
  const bulk = {
    runner,
    queries,
    ingests: new IngestJobs(org, runner),
    batches: new V1Batches(org, runner, queries),
  };
  bulkOfOrg.set(org, bulk);
  return bulk;
}

/** Bulk API 2.0, `/services/data/vNN.0/jobs/…`, and Bulk API 1, `/services/async/NN.0/job/…`. */
export function createBulkRouter(org: Org, authenticator: Authenticator): Router {
  const { queries, ingests, batches } = bulkOf(org);
  const router = Router();
  router.use('/services/async/:version', createV1Router({ org, batches }, authenticator));
  router.use(
    '/services/data/v:version/jobs',
    requireSession(authenticator),
    requireApi(org),
    countCall(org),
  );
  router.use('/services/data/v:version/jobs', express.json({ limit: JOB_BODY_BYTES_MAX }));
  addQueryRoutes(router, { org, jobs: queries });
  addIngestRoutes(router, { org, jobs: ingests });
  return router;
}

/** Takes up jobs that an earlier process left, removes old ones, and at disposal aborts what runs. */
export async function startBulk(org: Org): Promise<AsyncDisposable> {
  const { runner, queries, ingests, batches } = bulkOf(org);
  const unfinished = await unfinishedJobs(org.pool);
  await queries.resume(unfinished);
  await ingests.resume(unfinished);
  await batches.resume();
  const stop = new AbortController();
  const cleaned = removeOldJobs(org, stop.signal);
  return {
    async [Symbol.asyncDispose]() {
      stop.abort();
      await cleaned;
      await runner[Symbol.asyncDispose]();
    },
  };
}

async function removeOldJobs(org: Org, signal: AbortSignal): Promise<void> {
  const { queries, ingests, batches } = bulkOf(org);
  while (!signal.aborted) {
    try {
      for (const job of await jobsMadeBefore(
        org.pool,
        new Date(org.clock.now() - JOB_LIFETIME_MS),
      )) {
        await queries.remove(job.id);
        await ingests.remove(job.id);
        await batches.remove(job.id);
        await deleteJob(org.pool, job.id);
      }
    } catch (error) {
      org.log.warn({ err: error }, 'old bulk jobs could not be removed');
    }
    await org.clock.sleep(CLEANUP_INTERVAL_MS, signal);
  }
}
