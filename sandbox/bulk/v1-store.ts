import type pg from 'pg';
import { z } from 'zod';

import { recordId } from '../store/record-id.ts';

const BATCH_PREFIX = '751';

export const BatchState = z.enum(['Queued', 'InProgress', 'Completed', 'Failed', 'NotProcessed']);
export type BatchState = z.infer<typeof BatchState>;

/** What became of one record of a batch. */
export const BatchResult = z.object({
  id: z.string().nullable(),
  success: z.boolean(),
  created: z.boolean(),
  errors: z.array(
    z.object({ statusCode: z.string(), message: z.string(), fields: z.array(z.string()) }),
  ),
});
export type BatchResult = Readonly<z.infer<typeof BatchResult>>;

const BatchRow = z.object({
  id: z.string(),
  job_id: z.string(),
  state: BatchState,
  state_message: z.string().nullable(),
  first_id: z.string().nullable(),
  before_id: z.string().nullable(),
  created_at: z.date(),
  changed_at: z.date(),
  records_processed: z.coerce.number(),
  records_failed: z.coerce.number(),
  processing_ms: z.coerce.number(),
});
export type Batch = Readonly<z.infer<typeof BatchRow>>;

/** All but the bodies, which may be large. */
const COLUMNS =
  'id, job_id, state, state_message, first_id, before_id, created_at, changed_at, records_processed, records_failed, processing_ms';

export interface NewBatch {
  readonly jobId: string;
  readonly state: BatchState;
  readonly request: Uint8Array;
  readonly firstId?: string | undefined;
  readonly beforeId?: string | undefined;
  readonly now: Date;
}

export async function insertV1Batch(
  client: pg.Pool | pg.ClientBase,
  batch: NewBatch,
): Promise<Batch> {
  const numbers = await client.query("select nextval('bulk_numbers')::text as number");
  const [{ number }] = z.tuple([z.object({ number: z.string() })]).parse(numbers.rows);
  const { rows } = await client.query(INSERT_BATCH, [
    recordId(BATCH_PREFIX, BigInt(number)),
    batch.jobId,
    batch.state,
    Buffer.from(batch.request),
    batch.firstId ?? null,
    batch.beforeId ?? null,
    batch.now,
  ]);
  const [made] = z.tuple([BatchRow]).parse(rows);
  return made;
}

const INSERT_BATCH = `/* insertV1Batch */
insert into bulk_v1_batches (id, job_id, state, request, first_id, before_id, created_at, changed_at)
values ($1, $2, $3, $4, $5, $6, $7, $7)
returning ${COLUMNS}`;

export async function findV1Batch(
  pool: pg.Pool,
  jobId: string,
  id: string,
): Promise<Batch | undefined> {
  const { rows } = await pool.query(FIND_BATCH, [jobId, id]);
  return z.array(BatchRow).parse(rows)[0];
}

const FIND_BATCH = `/* findV1Batch */
select ${COLUMNS} from bulk_v1_batches where job_id = $1 and id = $2`;

export async function listV1Batches(pool: pg.Pool, jobId: string): Promise<readonly Batch[]> {
  const { rows } = await pool.query(LIST_BATCHES, [jobId]);
  return z.array(BatchRow).parse(rows);
}

const LIST_BATCHES = `/* listV1Batches */
select ${COLUMNS} from bulk_v1_batches where job_id = $1 order by id`;

/** Batches that were waiting or running when the process ended. */
export async function unfinishedV1Batches(pool: pg.Pool): Promise<readonly Batch[]> {
  const { rows } = await pool.query(UNFINISHED_BATCHES);
  return z.array(BatchRow).parse(rows);
}

const UNFINISHED_BATCHES = `/* unfinishedV1Batches */
select ${COLUMNS} from bulk_v1_batches where state in ('Queued', 'InProgress') order by id`;

export async function readV1Request(pool: pg.Pool, id: string): Promise<Buffer> {
  const { rows } = await pool.query(READ_REQUEST, [id]);
  const [{ request }] = z.tuple([z.object({ request: z.instanceof(Buffer) })]).parse(rows);
  return request;
}

const READ_REQUEST = `/* readV1Request */
select request from bulk_v1_batches where id = $1`;

export async function readV1Results(pool: pg.Pool, id: string): Promise<readonly BatchResult[]> {
  const { rows } = await pool.query(READ_RESULTS, [id]);
  const [{ results }] = z
    .tuple([z.object({ results: z.array(BatchResult).nullable() })])
    .parse(rows);
  return results ?? [];
}

const READ_RESULTS = `/* readV1Results */
select results from bulk_v1_batches where id = $1`;

export interface BatchChange {
  readonly id: string;
  readonly from: readonly BatchState[];
  readonly state: BatchState;
  readonly now: Date;
  readonly message?: string;
  readonly processed?: number;
  readonly failed?: number;
  readonly processingMs?: number;
  readonly results?: readonly BatchResult[];
}

/** Moves a batch on; false when another change came first. */
export async function changeV1Batch(
  client: pg.Pool | pg.ClientBase,
  change: BatchChange,
): Promise<boolean> {
  const { rowCount } = await client.query(CHANGE_BATCH, [
    change.id,
    change.from,
    change.state,
    change.now,
    change.message ?? null,
    change.processed ?? null,
    change.failed ?? null,
    change.processingMs ?? null,
    change.results === undefined ? null : JSON.stringify(change.results),
  ]);
  return rowCount === 1;
}

const CHANGE_BATCH = `/* changeV1Batch */
update bulk_v1_batches
   set state = $3,
       changed_at = $4,
       state_message = coalesce($5, state_message),
       records_processed = coalesce($6, records_processed),
       records_failed = coalesce($7, records_failed),
       processing_ms = coalesce($8, processing_ms),
       results = coalesce($9::jsonb, results)
 where id = $1 and state = any($2)`;

/** What is still waiting when its job is aborted will never run. */
export async function cancelV1Batches(pool: pg.Pool, jobId: string, now: Date): Promise<void> {
  await pool.query(CANCEL_BATCHES, [jobId, now]);
}

const CANCEL_BATCHES = `/* cancelV1Batches */
update bulk_v1_batches set state = 'NotProcessed', changed_at = $2 where job_id = $1 and state = 'Queued'`;
