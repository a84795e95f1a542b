import type { Request } from 'express';
import { z } from 'zod';

import type { Org } from '../org.ts';
import { SalesforceError } from '../salesforce-error.ts';
import { sessionOf } from '../session.ts';
import { jobAnswer, versionOf } from './answer.ts';
import { listJobs, type Job } from './job.ts';
import { LIST_JOBS_MAX } from './limits.ts';

/** Salesforce's names of the kinds of jobs. Jobs of Bulk API 1 stand in both lists, by what they do. */
const KINDS: Readonly<Record<string, readonly Job['kind'][]>> = {
  Classic: ['v1'],
  V2Ingest: ['ingest'],
  V2Query: ['query'],
  BigObjectIngest: [],
};

const Filters = z.object({
  jobType: z.enum(['BigObjectIngest', 'Classic', 'V2Ingest', 'V2Query']).optional(),
  concurrencyMode: z.enum(['serial', 'parallel', 'Serial', 'Parallel']).optional(),
  isPkChunkingEnabled: z.enum(['true', 'false']).optional(),
  queryLocator: z.string().optional(),
});

/** A page of the caller's jobs, as `GET jobs/ingest` and `GET jobs/query` answer them; who may see all data sees everyone's. */
export async function listedJobs(
  org: Org,
  request: Request,
  family: 'ingest' | 'query',
): Promise<object> {
  const parsed = Filters.safeParse(request.query);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new SalesforceError(
      'INVALID_PARAMETER',
      `${issue?.path.join('.') ?? 'query'}: ${issue?.message ?? 'not understood'}`,
    );
  }
  const { jobType, concurrencyMode, isPkChunkingEnabled, queryLocator } = parsed.data;
  const session = sessionOf(request);
  const { permissions } = await org.seenBy(session);
  const own = family === 'ingest' ? 'V2Ingest' : 'V2Query';
  const found = await listJobs(org.pool, {
    kinds: jobType === undefined ? [family, 'v1'] : (KINDS[jobType] ?? []),
    operations: family,
    chunked: isPkChunkingEnabled === undefined ? undefined : isPkChunkingEnabled === 'true',
    createdBy: permissions.has('ModifyAllData') ? undefined : session.userId,
    concurrencyMode,
    after: decodeLocator(queryLocator),
    limit: LIST_JOBS_MAX + 1,
  });
  const records = found.slice(0, LIST_JOBS_MAX);
  const done = found.length <= LIST_JOBS_MAX;
  const next = new URLSearchParams({
    ...(jobType === undefined ? {} : { jobType }),
    ...(concurrencyMode === undefined ? {} : { concurrencyMode }),
    ...(isPkChunkingEnabled === undefined ? {} : { isPkChunkingEnabled }),
    queryLocator: Buffer.from(records.at(-1)?.id ?? '').toString('base64url'),
  });
  const path = `/services/data/v${versionOf(request)}/jobs/${family}`;
  return {
    done,
    nextRecordsUrl: done ? null : `${path}?${next.toString()}`,
    records: records.map((job) => ({ ...jobAnswer(job), jobType: typeOf(job, own) })),
  };
}

function typeOf({ kind }: Job, own: string): string {
  return kind === 'v1' ? 'Classic' : own;
}

export function decodeLocator(value: string | undefined): string {
  return value === undefined ? '' : Buffer.from(value, 'base64url').toString('latin1');
}
