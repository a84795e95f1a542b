import express, { type NextFunction, type Request, type Response, Router } from 'express';
import { z } from 'zod';

import { requireApi } from '../access/require.ts';
import { isSeenJob } from './caller.ts';
import { changeOrigin } from '../records/origin.ts';
import { countCall } from '../count-call.ts';
import { throwHeldRefusal } from '../held-refusal.ts';
import type { Org } from '../org.ts';
import { requireSession, sessionOf, type Authenticator } from '../session.ts';
import { findId18 } from '../store/record-id.ts';
import { OPERATIONS } from './batch.ts';
import { externalIdField, getTarget } from './ingest-routes.ts';
import { changeJob, findJob, insertJob, type Job } from './job.ts';
import { PK_CHUNK_RECORDS_DEFAULT, PK_CHUNK_RECORDS_MAX, V1_BATCH_BYTES_MAX } from './limits.ts';
import { isQuery, type V1Batches } from './v1-batches.ts';
import {
  AsyncError,
  batchInfo,
  jobInfo,
  parseXml,
  RESULT_TYPES,
  send,
  sendError,
  speaksJson,
} from './v1-format.ts';
import { sendQueryResult, sendResult } from './v1-results.ts';
import {
  cancelV1Batches,
  findV1Batch,
  listV1Batches,
  readV1Request,
  type Batch,
} from './v1-store.ts';

const JOB = '/job';

const MODES = ['Parallel', 'Serial'] as const;
/** In JSON also by its place among the modes: simple-salesforce sends 0 and 1. */
const ConcurrencyMode = z.union([
  z.enum(MODES),
  z.literal([0, 1]).transform((place) => MODES[place]),
]);

const NewV1Job = z.object({
  operation: z.enum([...OPERATIONS, 'query', 'queryAll']),
  object: z.string().min(1),
  contentType: z.enum(['CSV', 'XML', 'JSON', 'ZIP_CSV', 'ZIP_XML', 'ZIP_JSON']).default('XML'),
  concurrencyMode: ConcurrencyMode.default('Parallel'),
  externalIdFieldName: z.string().optional(),
});

export interface V1Ports {
  readonly org: Org;
  readonly batches: V1Batches;
}

/** Bulk API 1: `/services/async/NN.0/job…`. Answers in the language of the job, XML or JSON, errors included. */
export function createV1Router(ports: V1Ports, authenticator: Authenticator): Router {
  const { org } = ports;
  const router = Router({ mergeParams: true });
  router.use((request: Request, _response: Response, next: NextFunction) => {
    throwHeldRefusal(request);
    next();
  });
  router.use(requireSession(authenticator), requireApi(org), countCall(org));
  router.use(express.raw({ type: () => true, limit: V1_BATCH_BYTES_MAX, inflate: true }));
  router.post(JOB, async (request, response) => {
    await answerJob(ports, request, response, await createJob(ports, request));
  });
  router.get(`${JOB}/:id`, async (request, response) => {
    await answerJob(ports, request, response, await getJob(org, request));
  });
  router.post(`${JOB}/:id`, async (request, response) => {
    await answerJob(ports, request, response, await changeState(ports, request));
  });
  router.post(`${JOB}/:id/batch`, async (request, response) => {
    const job = await getJob(org, request);
    answerBatch(request, response, {
      job,
      batch: await addBatch(ports, job, request),
      status: 201,
    });
  });
  router.get(`${JOB}/:id/batch`, async (request, response) => {
    const job = await getJob(org, request);
    const json = speaksJson(request, job);
    const found = (await listV1Batches(org.pool, job.id)).map((batch) => batchInfo(batch, json));
    send(response, json, { root: 'batchInfoList', content: { batchInfo: found } });
  });
  router.get(`${JOB}/:id/batch/:batch`, async (request, response) => {
    const job = await getJob(org, request);
    answerBatch(request, response, { job, batch: await getBatch(org, job, request), status: 200 });
  });
  router.get(`${JOB}/:id/batch/:batch/request`, async (request, response) => {
    const job = await getJob(org, request);
    const batch = await getBatch(org, job, request);
    response.type(
      isQuery(job) ? 'text/plain' : (RESULT_TYPES[job.content_type] ?? 'application/zip'),
    );
    response.send(await readV1Request(org.pool, batch.id));
  });
  router.get(`${JOB}/:id/batch/:batch/result`, async (request, response) => {
    const job = await getJob(org, request);
    await sendResult(org, { job, batch: await getBatch(org, job, request) }, response);
  });
  router.get(`${JOB}/:id/batch/:batch/result/:result`, async (request, response) => {
    const job = await getJob(org, request);
    const batch = await getBatch(org, job, request);
    await sendQueryResult(ports.batches, { job, batch }, { request, response });
  });
  router.use((request: Request, response: Response) => {
    sendError(
      request,
      response,
      new AsyncError('InvalidUrl', `no such resource: ${request.path}`, 404),
    );
  });
  router.use((error: unknown, request: Request, response: Response, next: NextFunction) => {
    if (response.headersSent || !sendError(request, response, asTooLarge(error))) next(error);
  });
  return router;
}

function asTooLarge(error: unknown): unknown {
  return error instanceof Error && 'type' in error && error.type === 'entity.too.large'
    ? new AsyncError('ExceededQuota', `A batch is at most ${V1_BATCH_BYTES_MAX} bytes`)
    : error;
}

function bodyOf(request: Request): Buffer {
  return Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
}

function description(request: Request): unknown {
  const text = bodyOf(request).toString('utf8');
  if (!speaksJson(request)) return parseXml(text, 'jobInfo');
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AsyncError('InvalidJob', `Unable to parse Job: ${String(cause)}`);
  }
}

function parsed<T extends z.ZodType>(schema: T, value: unknown): z.infer<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new AsyncError(
    'InvalidJob',
    `${issue?.path.join('.') ?? 'job'}: ${issue?.message ?? 'not understood'}`,
  );
}

async function createJob({ org }: V1Ports, request: Request): Promise<Job> {
  const wanted = parsed(NewV1Job, description(request));
  const version = String(request.params['version']);
  if (!/^\d{2}\.0$/.test(version))
    throw new AsyncError('InvalidVersion', `Invalid version: ${version}`);
  const seen = await org.seenBy(sessionOf(request));
  const object = getTarget(seen, wanted);
  const chunk = chunkSize(request);
  return insertJob(
    org.pool,
    {
      kind: 'v1',
      state: 'Open',
      operation: wanted.operation,
      object: object.name,
      query: null,
      external_id_field: externalIdField(seen, object, wanted),
      content_type: wanted.contentType,
      line_ending: 'LF',
      column_delimiter: 'COMMA',
      concurrency_mode: wanted.concurrencyMode,
      api_version: version,
      origin: changeOrigin('bulk', version, {
        'sforce-call-options': request.headers['sforce-call-options'],
      }),
      created_by: sessionOf(request).userId,
      ...(chunk === undefined ? {} : { pk_chunk_size: chunk }),
    },
    new Date(org.clock.now()),
  );
}

/** `Sforce-Enable-PKChunking: true` or `chunkSize=50000; …` */
function chunkSize({ headers }: Request): number | undefined {
  const header = String(headers['sforce-enable-pkchunking'] ?? 'false');
  if (/^false$/i.test(header)) return undefined;
  const asked = /chunkSize\s*=\s*(\d+)/i.exec(header)?.[1];
  const size = asked === undefined ? PK_CHUNK_RECORDS_DEFAULT : Number(asked);
  if (size < 1 || size > PK_CHUNK_RECORDS_MAX) {
    throw new AsyncError('InvalidJob', `chunkSize must be between 1 and ${PK_CHUNK_RECORDS_MAX}`);
  }
  return size;
}

async function getJob(org: Org, request: Request): Promise<Job> {
  const id = findId18(String(request.params['id']));
  const job = id === undefined ? undefined : await findJob(org.pool, id, 'v1');
  if (job === undefined || !(await isSeenJob(org, request, job)))
    throw new AsyncError('InvalidJob', `Unable to find object(s): ${String(request.params['id'])}`);
  return job;
}

async function getBatch(org: Org, job: Job, request: Request): Promise<Batch> {
  const id = findId18(String(request.params['batch']));
  const batch = id === undefined ? undefined : await findV1Batch(org.pool, job.id, id);
  if (batch === undefined)
    throw new AsyncError(
      'InvalidBatch',
      `Unable to find batch: ${String(request.params['batch'])}`,
    );
  return batch;
}

async function answerJob(
  { org }: V1Ports,
  request: Request,
  response: Response,
  job: Job,
): Promise<void> {
  const json = speaksJson(request, job);
  const content = jobInfo(job, await listV1Batches(org.pool, job.id), json);
  if (request.params['id'] === undefined) response.status(201);
  send(response, json, { root: 'jobInfo', content });
}

function answerBatch(
  request: Request,
  response: Response,
  { job, batch, status }: { job: Job; batch: Batch; status: number },
): void {
  const json = speaksJson(request, job);
  response.status(status);
  send(response, json, { root: 'batchInfo', content: batchInfo(batch, json) });
}

async function changeState({ org, batches }: V1Ports, request: Request): Promise<Job> {
  const { state } = parsed(
    z.object({ state: z.enum(['Closed', 'Aborted']) }),
    description(request),
  );
  const job = await getJob(org, request);
  const now = new Date(org.clock.now());
  const changed = await changeJob(org.pool, {
    id: job.id,
    from: state === 'Closed' ? ['Open'] : ['Open', 'UploadComplete'],
    state: state === 'Closed' ? 'UploadComplete' : 'Aborted',
    now,
  });
  if (changed === undefined) {
    throw new AsyncError(
      'InvalidJobState',
      `${state === 'Closed' ? 'Closing' : 'Aborting'} already ${job.state === 'UploadComplete' ? 'Closed' : job.state} Job not allowed`,
    );
  }
  if (state === 'Aborted') {
    await cancelV1Batches(org.pool, job.id, now);
    await batches.abort(job);
  }
  return changed;
}

async function addBatch({ batches }: V1Ports, job: Job, request: Request): Promise<Batch> {
  if (job.state !== 'Open')
    throw new AsyncError('InvalidJobState', 'Cannot add a batch to a job that is not Open');
  const body = bodyOf(request);
  if (body.length === 0) throw new AsyncError('ClientInputError', 'Request body is empty');
  return batches.add(job, body);
}
