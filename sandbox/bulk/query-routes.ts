import { pipeline } from 'node:stream/promises';
import { constants, createGzip } from 'node:zlib';

import type { Request, Response, Router } from 'express';
import { z } from 'zod';

import type { Org } from '../org.ts';
import { isSeenJob } from './caller.ts';
import { changeOrigin } from '../records/origin.ts';
import { SalesforceError } from '../salesforce-error.ts';
import { sessionOf } from '../session.ts';
import { findId18 } from '../store/record-id.ts';
import { jobAnswer, noSuchJob, versionOf } from './answer.ts';
import { decodeLocator, listedJobs } from './job-list.ts';
import {
  changeJob,
  ColumnDelimiter,
  deleteJob,
  findJob,
  insertJob,
  LineEnding,
  type Job,
} from './job.ts';
import { GZIP_LEVEL, PAGE_RECORDS_DEFAULT, PARALLEL_PAGES_MAX } from './limits.ts';
import type { QueryJobs } from './query-jobs.ts';

const JOBS = '/services/data/v:version/jobs/query';

const NewQueryJob = z.object({
  operation: z.enum(['query', 'queryAll']),
  query: z.string().min(1),
  contentType: z.literal('CSV').default('CSV'),
  columnDelimiter: ColumnDelimiter.default('COMMA'),
  lineEnding: LineEnding.default('LF'),
});

export interface QueryPorts {
  readonly org: Org;
  readonly jobs: QueryJobs;
}

export function addQueryRoutes(router: Router, ports: QueryPorts): void {
  const get = async (request: Request): Promise<Job> => getJob(ports.org, request);
  router.post(JOBS, async (request, response) => {
    response.json(jobAnswer(await createJob(ports, request)));
  });
  router.get(JOBS, async (request, response) => {
    response.json(await listedJobs(ports.org, request, 'query'));
  });
  router.get(`${JOBS}/:id`, async (request, response) => {
    response.json(jobAnswer(await get(request)));
  });
  router.patch(`${JOBS}/:id`, async (request, response) => {
    response.json(jobAnswer(await abortJob(ports, request)));
  });
  router.delete(`${JOBS}/:id`, async (request, response) => {
    await removeJob(ports, request);
    response.status(204).end();
  });
  router.get(`${JOBS}/:id/results`, async (request, response) => {
    await sendResults(ports, request, response);
  });
  router.get(`${JOBS}/:id/resultPages`, async (request, response) => {
    response.json(resultPages(await completeJob(ports.org, request), request));
  });
}

async function createJob({ org, jobs }: QueryPorts, request: Request): Promise<Job> {
  const wanted = parseBody(NewQueryJob, request.body);
  const { userId } = sessionOf(request);
  const version = versionOf(request);
  const { operation } = wanted;
  const query = await jobs.compile(wanted.query, {
    operation,
    api_version: version,
    created_by: userId,
  });
  org.usage.check(org, 'DailyBulkV2QueryFileStorageMB');
  org.usage.take(org, 'DailyBulkV2QueryJobs');
  const job = await insertJob(
    org.pool,
    {
      kind: 'query',
      state: 'UploadComplete',
      operation,
      object: query.object.name,
      query: wanted.query,
      external_id_field: null,
      content_type: 'CSV',
      line_ending: wanted.lineEnding,
      column_delimiter: wanted.columnDelimiter,
      concurrency_mode: 'Parallel',
      api_version: version,
      origin: changeOrigin('bulk', version, {
        'sforce-call-options': request.headers['sforce-call-options'],
      }),
      created_by: userId,
    },
    new Date(org.clock.now()),
  );
  jobs.run(job);
  return job;
}

/** A body as the schema wants it, or what is wrong with it. */
export function parseBody<T extends z.ZodType>(schema: T, body: unknown): z.infer<T> {
  const parsed = schema.safeParse(body ?? {});
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new SalesforceError(
    'INVALIDJOB',
    `InvalidJob : ${issue?.path.join('.') ?? 'body'}: ${issue?.message ?? 'not understood'}`,
  );
}

async function getJob(org: Org, request: Request): Promise<Job> {
  const id = findId18(String(request.params['id']));
  const job = id === undefined ? undefined : await findJob(org.pool, id, 'query');
  if (job === undefined || !(await isSeenJob(org, request, job))) throw noSuchJob();
  return job;
}

async function abortJob({ org, jobs }: QueryPorts, request: Request): Promise<Job> {
  parseBody(z.object({ state: z.literal('Aborted') }), request.body);
  const job = await getJob(org, request);
  const aborted = await changeJob(org.pool, {
    id: job.id,
    from: ['UploadComplete', 'InProgress'],
    state: 'Aborted',
    now: new Date(org.clock.now()),
  });
  if (aborted === undefined) {
    throw new SalesforceError('INVALIDJOBSTATE', `Aborting already ${job.state} Job not allowed`);
  }
  jobs.abort(job.id);
  return aborted;
}

async function removeJob({ org, jobs }: QueryPorts, request: Request): Promise<void> {
  const job = await getJob(org, request);
  if (job.state === 'InProgress' || job.state === 'UploadComplete') {
    throw new SalesforceError(
      'INVALIDJOBSTATE',
      `Deleting a job in state ${job.state} is not allowed: abort it first`,
    );
  }
  await deleteJob(org.pool, job.id);
  await jobs.remove(job.id);
}

/** A job whose results may be read, through the version of the API it was made with. */
async function completeJob(org: Org, request: Request): Promise<Job> {
  const job = await getJob(org, request);
  const version = versionOf(request);
  if (job.api_version !== version) {
    throw new SalesforceError(
      'API_ERROR',
      `The job was created with API version ${job.api_version}: results cannot be read with version ${version}`,
      { status: 409 },
    );
  }
  if (job.state !== 'JobComplete') {
    throw new SalesforceError(
      'INVALIDJOBSTATE',
      job.error_message ?? `Results are not available: the job is in state ${job.state}`,
    );
  }
  return job;
}

const PageQuery = z.object({
  locator: z
    .string()
    .transform((text) => Number(decodeLocator(text)))
    .pipe(z.number().int().min(0))
    .optional(),
  maxRecords: z.coerce.number().int().min(1).optional(),
});

interface Page {
  readonly first: number;
  readonly records: number;
  readonly next: number | undefined;
}

function pageOf(job: Job, request: Request): Page {
  const parsed = PageQuery.safeParse(request.query);
  if (!parsed.success) {
    const locator = parsed.error.issues.some(({ path }) => path[0] === 'locator');
    throw locator
      ? new SalesforceError('INVALID_QUERY_LOCATOR', 'invalid query locator')
      : new SalesforceError('INVALID_PARAMETER', 'maxRecords must be a positive whole number');
  }
  const { locator: first = 0, maxRecords = PAGE_RECORDS_DEFAULT } = parsed.data;
  const total = job.records_processed;
  if (first > total || (first === total && total > 0)) {
    throw new SalesforceError('INVALID_QUERY_LOCATOR', 'invalid query locator');
  }
  const records = Math.min(maxRecords, total - first);
  const next = first + records;
  return { first, records, next: next < total ? next : undefined };
}

async function sendResults(
  { org, jobs }: QueryPorts,
  request: Request,
  response: Response,
): Promise<void> {
  const job = await completeJob(org, request);
  const page = pageOf(job, request);
  const { header, file } = await jobs.result(job);
  response.set({
    'Content-Type': 'text/csv; charset=UTF-8',
    'Sforce-NumberOfRecords': String(page.records),
    'Sforce-Locator': page.next === undefined ? 'null' : encodePage(page.next),
    Vary: 'Accept-Encoding',
  });
  await sendText(request, response, async function* () {
    yield Buffer.from(header);
    yield* file.read(page.first, page.records, page.next === undefined);
  });
}

/** Streams text, compressed where the client takes it. A client that goes away ends it; nothing is buffered beyond a few reads. */
export async function sendText(
  request: Request,
  response: Response,
  chunks: () => AsyncIterable<Uint8Array>,
): Promise<void> {
  try {
    if (request.acceptsEncodings('gzip', 'identity') === 'gzip') {
      response.set('Content-Encoding', 'gzip');
      const gzip = createGzip({ level: GZIP_LEVEL, flush: constants.Z_NO_FLUSH });
      await pipeline(chunks, gzip, response);
    } else {
      await pipeline(chunks, response);
    }
  } catch (error) {
    if (!response.writableEnded && request.destroyed) return;
    throw error;
  }
}

function encodePage(first: number): string {
  return Buffer.from(String(first)).toString('base64url');
}

/** Where up to five pages begin, for clients that download them side by side. */
function resultPages(job: Job, request: Request): object {
  const base = `/services/data/v${job.api_version}/jobs/query/${job.id}`;
  const { first } = pageOf(job, request);
  const starts: number[] = [];
  let at = first;
  while (at < Math.max(job.records_processed, 1) && starts.length < PARALLEL_PAGES_MAX) {
    starts.push(at);
    at += PAGE_RECORDS_DEFAULT;
  }
  const done = at >= job.records_processed;
  return {
    resultPages: starts.map((start) => ({
      resultLink: `${base}/results?locator=${encodePage(start)}`,
    })),
    nextRecordsUrl: done ? null : `${base}/resultPages?locator=${encodePage(at)}`,
    done,
  };
}
