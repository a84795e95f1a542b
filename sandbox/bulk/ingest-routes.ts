import { createGunzip } from 'node:zlib';
import { pipeline } from 'node:stream';

import busboy from 'busboy';
import type { Request, Router } from 'express';
import { z } from 'zod';

import type { Org } from '../org.ts';
import { isSeenJob } from './caller.ts';
import { changeOrigin } from '../records/origin.ts';
import { SalesforceError } from '../salesforce-error.ts';
import type { ObjectDef } from '../schema/schema.ts';
import { sessionOf } from '../session.ts';
import { findId18 } from '../store/record-id.ts';
import { jobAnswer, noSuchJob, versionOf } from './answer.ts';
import { OPERATIONS } from './batch.ts';
import type { IngestJobs } from './ingest-jobs.ts';
import {
  changeJob,
  ColumnDelimiter,
  deleteJob,
  findJob,
  insertJob,
  LineEnding,
  type Job,
} from './job.ts';
import { JOB_BODY_BYTES_MAX, UPLOAD_BYTES_MAX } from './limits.ts';
import { listedJobs } from './job-list.ts';
import { parseBody, sendText } from './query-routes.ts';

const JOBS = '/services/data/v:version/jobs/ingest';

const NewIngestJob = z.object({
  object: z.string().min(1),
  operation: z.enum(OPERATIONS),
  externalIdFieldName: z.string().nullish(),
  contentType: z.literal('CSV').nullish(),
  columnDelimiter: ColumnDelimiter.nullish(),
  lineEnding: LineEnding.nullish(),
});
type NewIngestJob = z.infer<typeof NewIngestJob>;

export interface IngestPorts {
  readonly org: Org;
  readonly jobs: IngestJobs;
}

export function addIngestRoutes(router: Router, ports: IngestPorts): void {
  const { org, jobs } = ports;
  router.post(JOBS, async (request, response) => {
    const multipart = /^multipart\//i.test(request.headers['content-type'] ?? '');
    const job = multipart
      ? await createWithContent(ports, request)
      : await createJob(ports, request, parseBody(NewIngestJob, request.body));
    response.json(jobAnswer(job));
  });
  router.get(JOBS, async (request, response) => {
    response.json(await listedJobs(org, request, 'ingest'));
  });
  router.get(`${JOBS}/:id`, async (request, response) => {
    response.json(jobAnswer(await getJob(org, request)));
  });
  router.put(`${JOBS}/:id/batches`, async (request, response) => {
    await upload(ports, request);
    response.status(201).end();
  });
  router.patch(`${JOBS}/:id`, async (request, response) => {
    response.json(jobAnswer(await changeState(ports, request)));
  });
  router.delete(`${JOBS}/:id`, async (request, response) => {
    await removeJob(ports, request);
    response.status(204).end();
  });
  for (const [path, kind] of [
    ['successfulResults', 'successes'],
    ['failedResults', 'failures'],
  ] as const) {
    router.get(`${JOBS}/:id/${path}`, async (request, response) => {
      const job = await endedJob(org, request);
      response.set('Content-Type', 'text/csv; charset=UTF-8');
      await sendText(request, response, () => jobs.results(job, kind));
    });
  }
  router.get(`${JOBS}/:id/unprocessedrecords`, async (request, response) => {
    const job = await endedJob(org, request);
    response.set('Content-Type', 'text/csv; charset=UTF-8');
    await sendText(request, response, () => jobs.unprocessed(job));
  });
}

async function createJob(
  { org, jobs }: IngestPorts,
  request: Request,
  wanted: NewIngestJob,
): Promise<Job> {
  const { userId } = sessionOf(request);
  const version = versionOf(request);
  const seen = await org.seenBy(sessionOf(request));
  const object = getTarget(seen, wanted);
  org.usage.check(org, 'DailyBulkApiBatches');
  org.usage.check(org, 'DailyBulkIngestRecords');
  const job = await insertJob(
    org.pool,
    {
      kind: 'ingest',
      state: 'Open',
      operation: wanted.operation,
      object: object.name,
      query: null,
      external_id_field: externalIdField(seen, object, wanted),
      content_type: 'CSV',
      line_ending: wanted.lineEnding ?? 'LF',
      column_delimiter: wanted.columnDelimiter ?? 'COMMA',
      concurrency_mode: 'Parallel',
      api_version: version,
      origin: changeOrigin('bulk', version, {
        'sforce-call-options': request.headers['sforce-call-options'],
      }),
      created_by: userId,
    },
    new Date(org.clock.now()),
  );
  // A new job has no upload yet: what lies there is of a database that was here before, whose ids were the same.
  await jobs.remove(job.id);
  return job;
}

/**
 * The object of a job, if the caller may see it and such records are written at all. What he may write of it is told
 * record by record.
 */
export function getTarget(
  seen: Org,
  { object: name, operation }: { readonly object: string; readonly operation: string },
): ObjectDef {
  if (operation === 'hardDelete' && !seen.permissions.has('BulkApiHardDelete')) {
    throw new SalesforceError(
      'FEATURENOTENABLED',
      'FeatureNotEnabled : hardDelete operation requires special user profile permission, please contact your system administrator',
    );
  }
  const object = seen.schema().findObject(name);
  const written = object === undefined ? undefined : seen.whole.schema().findObject(object.name);
  if (object === undefined || object.isView || written?.flags.createable !== true) {
    throw new SalesforceError(
      'INVALIDENTITY',
      `InvalidEntity : Entity '${name}' is not supported by the Bulk API.`,
    );
  }
  return object;
}

/** The key of an upsert, in its own spelling. */
export function externalIdField(
  org: Org,
  object: ObjectDef,
  wanted: { readonly operation: string; readonly externalIdFieldName?: string | null | undefined },
): string | null {
  if (wanted.operation !== 'upsert') return null;
  const name = wanted.externalIdFieldName ?? '';
  if (name === '') {
    throw new SalesforceError(
      'INVALIDJOB',
      'InvalidJob : External ID was blank for upsert operation',
    );
  }
  const field = org.schema().findField(object, name);
  if (field === undefined || !(field.externalId || field.idLookup)) {
    throw new SalesforceError(
      'INVALIDJOB',
      `InvalidJob : Field name provided, ${name} does not match an External ID, Salesforce Id, or indexed field for ${object.name}`,
    );
  }
  return field.name;
}

async function getJob(org: Org, request: Request): Promise<Job> {
  const id = findId18(String(request.params['id']));
  const job = id === undefined ? undefined : await findJob(org.pool, id, 'ingest');
  if (job === undefined || !(await isSeenJob(org, request, job))) throw noSuchJob();
  return job;
}

async function endedJob(org: Org, request: Request): Promise<Job> {
  const job = await getJob(org, request);
  if (job.state === 'JobComplete' || job.state === 'Failed' || job.state === 'Aborted') return job;
  throw new SalesforceError(
    'INVALIDJOBSTATE',
    `Results are not available: the job is in state ${job.state}`,
  );
}

async function upload({ org, jobs }: IngestPorts, request: Request): Promise<void> {
  const job = await getJob(org, request);
  if (job.state !== 'Open') {
    throw new SalesforceError(
      'INVALIDJOBSTATE',
      `Uploading to a job in state ${job.state} is not allowed`,
    );
  }
  if (!/^text\/csv\b/i.test(request.headers['content-type'] ?? '')) {
    throw new SalesforceError('UNSUPPORTED_MEDIA_TYPE', 'The upload must be text/csv');
  }
  const zipped = request.headers['content-encoding'] === 'gzip';
  const body = zipped
    ? pipeline(request, createGunzip(), () => {
        // A broken stream is seen by whoever reads it.
      })
    : request;
  try {
    await jobs.upload(job, body);
  } catch (error) {
    // Nobody is there any more to be told.
    if (request.complete || error instanceof SalesforceError) throw error;
    throw new SalesforceError('CLIENT_INPUT_ERROR', 'The upload broke off', { cause: error });
  }
}

/** Job and data in one request: the part `job` is JSON, the part `content` CSV. */
async function createWithContent(ports: IngestPorts, request: Request): Promise<Job> {
  const form = busboy({
    headers: request.headers,
    limits: { files: 1, fields: 2, fileSize: UPLOAD_BYTES_MAX, fieldSize: JOB_BODY_BYTES_MAX },
  });
  let description: unknown;
  let job: Job | undefined;
  const stored = new Promise<void>((resolve, reject) => {
    const store = async (name: string, content: AsyncIterable<Uint8Array>): Promise<void> => {
      if (name !== 'content' || description === undefined) {
        throw new SalesforceError(
          'INVALIDJOB',
          'InvalidJob : the part job must come first, the part content second',
        );
      }
      job = await createJob(ports, request, parseBody(NewIngestJob, description));
      await ports.jobs.upload(job, content);
    };
    let storing = Promise.resolve();
    form.on('field', (name, value) => {
      if (name === 'job') description = parseJson(value);
    });
    form.on('file', (name, content) => {
      storing = store(name, content);
      storing.catch(reject);
    });
    form.on('error', reject);
    form.on('close', () => {
      storing.then(resolve, reject);
    });
  });
  request.pipe(form);
  await stored;
  if (job === undefined)
    throw new SalesforceError('INVALIDJOB', 'InvalidJob : the part content is missing');
  return startJob(ports, job);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SalesforceError('JSON_PARSER_ERROR', 'The part job is not JSON', { cause });
  }
}

async function startJob({ org, jobs }: IngestPorts, job: Job): Promise<Job> {
  const started = await changeJob(org.pool, {
    id: job.id,
    from: ['Open'],
    state: 'UploadComplete',
    now: new Date(org.clock.now()),
  });
  if (started === undefined) {
    throw new SalesforceError('INVALIDJOBSTATE', `Closing already ${job.state} Job not allowed`);
  }
  jobs.run(started);
  return started;
}

async function changeState(ports: IngestPorts, request: Request): Promise<Job> {
  const { org, jobs } = ports;
  const { state } = parseBody(
    z.object({ state: z.enum(['UploadComplete', 'Aborted']) }),
    request.body,
  );
  const job = await getJob(org, request);
  if (state === 'UploadComplete') return startJob(ports, job);
  const aborted = await changeJob(org.pool, {
    id: job.id,
    from: ['Open', 'UploadComplete', 'InProgress'],
    state,
    now: new Date(org.clock.now()),
  });
  if (aborted === undefined) {
    throw new SalesforceError('INVALIDJOBSTATE', `Aborting already ${job.state} Job not allowed`);
  }
  jobs.abort(job.id);
  return aborted;
}

async function removeJob({ org, jobs }: IngestPorts, request: Request): Promise<void> {
  const job = await getJob(org, request);
  if (job.state === 'Open' || job.state === 'InProgress' || job.state === 'UploadComplete') {
    throw new SalesforceError(
      'INVALIDJOBSTATE',
      `Deleting a job in state ${job.state} is not allowed: abort it first`,
    );
  }
  await deleteJob(org.pool, job.id);
  await jobs.remove(job.id);
}
