import type pg from 'pg';
import { z } from 'zod';

import { recordId } from '../store/record-id.ts';

const JOB_PREFIX = '750';

/** The states of a Bulk API 2.0 job. Version 1 calls UploadComplete and JobComplete both Closed and keeps states per batch. */
export const JobState = z.enum([
  'Open',
  'UploadComplete',
  'InProgress',
  'JobComplete',
  'Failed',
  'Aborted',
]);
export type JobState = z.infer<typeof JobState>;

export const LineEnding = z.enum(['LF', 'CRLF']);
export const ColumnDelimiter = z.enum(['BACKQUOTE', 'CARET', 'COMMA', 'PIPE', 'SEMICOLON', 'TAB']);

export const DELIMITERS: Readonly<Record<z.infer<typeof ColumnDelimiter>, string>> = {
  BACKQUOTE: '`',
  CARET: '^',
  COMMA: ',',
  PIPE: '|',
  SEMICOLON: ';',
  TAB: '\t',
};

const JobRow = z.object({
  id: z.string(),
  kind: z.enum(['query', 'ingest', 'v1']),
  state: JobState,
  operation: z.string(),
  object: z.string(),
  query: z.string().nullable(),
  external_id_field: z.string().nullable(),
  content_type: z.string(),
  line_ending: LineEnding,
  column_delimiter: ColumnDelimiter,
  concurrency_mode: z.string(),
  api_version: z.string(),
  origin: z.string(),
  created_by: z.string(),
  created_at: z.date(),
  changed_at: z.date(),
  records_processed: z.coerce.number(),
  records_failed: z.coerce.number(),
  processing_ms: z.coerce.number(),
  retries: z.coerce.number(),
  error_message: z.string().nullable(),
  /** Bulk API 1: records a chunk of a query's answer holds; null without PK chunking. */
  pk_chunk_size: z.number().nullable(),
});
export type Job = Readonly<z.infer<typeof JobRow>>;

export type NewJob = Pick<
  Job,
  | 'kind'
  | 'state'
  | 'operation'
  | 'object'
  | 'query'
  | 'external_id_field'
  | 'content_type'
  | 'line_ending'
  | 'column_delimiter'
  | 'concurrency_mode'
  | 'api_version'
  | 'origin'
  | 'created_by'
> & { readonly pk_chunk_size?: number };

export async function insertJob(pool: pg.Pool, job: NewJob, now: Date): Promise<Job> {
  const numbers = await pool.query("select nextval('bulk_numbers')::text as number");
  const [{ number }] = z.tuple([z.object({ number: z.string() })]).parse(numbers.rows);
  const { rows } = await pool.query(INSERT_JOB, [
    recordId(JOB_PREFIX, BigInt(number)),
    job.kind,
    job.state,
    job.operation,
    job.object,
    job.query,
    job.external_id_field,
    job.content_type,
    job.line_ending,
    job.column_delimiter,
    job.concurrency_mode,
    job.api_version,
    job.origin,
    job.created_by,
    now,
    job.pk_chunk_size ?? null,
  ]);
  const [made] = z.tuple([JobRow]).parse(rows);
  return made;
}

const INSERT_JOB = `/* insertJob */
insert into bulk_jobs
  (id, kind, state, operation, object, query, external_id_field, content_type, line_ending, column_delimiter,
   concurrency_mode, api_version, origin, created_by, created_at, changed_at, pk_chunk_size)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15, $16)
returning *`;

export async function findJob(
  pool: pg.Pool,
  id: string,
  kind: Job['kind'],
): Promise<Job | undefined> {
  const { rows } = await pool.query(FIND_JOB, [id, kind]);
  return z.array(JobRow).parse(rows)[0];
}

const FIND_JOB = `/* findJob */
select * from bulk_jobs where id = $1 and kind = $2`;

export interface JobsQuery {
  readonly kinds: readonly Job['kind'][];
  /** Only jobs of this user; everybody's when undefined. */
  readonly createdBy?: string | undefined;
  readonly concurrencyMode?: string | undefined;
  /** Jobs that ask, or jobs that write. */
  readonly operations: 'ingest' | 'query';
  /** With or without PK chunking. */
  readonly chunked?: boolean | undefined;
  readonly after: string;
  readonly limit: number;
}

/** Jobs in the order of their ids. */
export async function listJobs(pool: pg.Pool, query: JobsQuery): Promise<readonly Job[]> {
  const { rows } = await pool.query(LIST_JOBS, [
    query.kinds,
    query.after,
    query.limit,
    query.createdBy ?? null,
    query.concurrencyMode ?? null,
    query.operations === 'query',
    query.chunked ?? null,
  ]);
  return z.array(JobRow).parse(rows);
}

const LIST_JOBS = `/* listJobs */
select * from bulk_jobs
 where kind = any($1) and id > $2
   and ($4::text is null or created_by = $4)
   and ($5::text is null or lower(concurrency_mode) = lower($5))
   and (operation in ('query', 'queryAll')) = $6
   and ($7::boolean is null or (pk_chunk_size is not null) = $7)
 order by id limit $3`;

export interface JobChange {
  readonly id: string;
  /** The states the change may begin from; in any other it does nothing. */
  readonly from: readonly JobState[];
  readonly state: JobState;
  readonly now: Date;
  readonly recordsProcessed?: number;
  readonly recordsFailed?: number;
  readonly processingMs?: number;
  readonly errorMessage?: string;
}

/** Moves a job on, unless another change (an abort) came first: then undefined. One statement, so of two only one wins. */
export async function changeJob(pool: pg.Pool, change: JobChange): Promise<Job | undefined> {
  const { rows } = await pool.query(CHANGE_JOB, [
    change.id,
    change.from,
    change.state,
    change.now,
    change.recordsProcessed ?? null,
    change.recordsFailed ?? null,
    change.processingMs ?? null,
    change.errorMessage ?? null,
  ]);
  return z.array(JobRow).parse(rows)[0];
}

const CHANGE_JOB = `/* changeJob */
update bulk_jobs
   set state = $3,
       changed_at = $4,
       records_processed = coalesce($5, records_processed),
       records_failed = coalesce($6, records_failed),
       processing_ms = coalesce($7, processing_ms),
       error_message = coalesce($8, error_message)
 where id = $1 and state = any($2)
returning *`;

/** Adds a batch to a job that is still in progress; false when it no longer is. In the batch's own transaction. */
export async function advanceJob(
  client: pg.ClientBase,
  batch: {
    readonly id: string;
    readonly processed: number;
    readonly failed: number;
    readonly processingMs: number;
    readonly now: Date;
  },
): Promise<boolean> {
  const { rowCount } = await client.query(ADVANCE_JOB, [
    batch.id,
    batch.processed,
    batch.failed,
    batch.processingMs,
    batch.now,
  ]);
  return rowCount === 1;
}

const ADVANCE_JOB = `/* advanceJob */
update bulk_jobs
   set records_processed = records_processed + $2,
       records_failed = records_failed + $3,
       processing_ms = $4,
       changed_at = $5
 where id = $1 and state = 'InProgress'`;

/** One more attempt at a batch; false when the job is no longer in progress. */
export async function countRetry(pool: pg.Pool, id: string, now: Date): Promise<boolean> {
  const { rowCount } = await pool.query(COUNT_RETRY, [id, now]);
  return rowCount === 1;
}

const COUNT_RETRY = `/* countRetry */
update bulk_jobs set retries = retries + 1, changed_at = $2
 where id = $1 and state = any(case when kind = 'v1' then '{Open,UploadComplete}' else '{InProgress}' end::text[])`;

export async function deleteJob(pool: pg.Pool, id: string): Promise<void> {
  await pool.query(DELETE_JOB, [id]);
}

const DELETE_JOB = `/* deleteJob */
delete from bulk_jobs where id = $1`;

/** Jobs that were running or waiting when the process ended. */
export async function unfinishedJobs(pool: pg.Pool): Promise<readonly Job[]> {
  const { rows } = await pool.query(UNFINISHED_JOBS);
  return z.array(JobRow).parse(rows);
}

const UNFINISHED_JOBS = `/* unfinishedJobs */
select * from bulk_jobs where state in ('UploadComplete', 'InProgress') order by id`;

export async function jobsMadeBefore(pool: pg.Pool, moment: Date): Promise<readonly Job[]> {
  const { rows } = await pool.query(JOBS_MADE_BEFORE, [moment]);
  return z.array(JobRow).parse(rows);
}

const JOBS_MADE_BEFORE = `/* jobsMadeBefore */
select * from bulk_jobs where created_at < $1 order by id`;
