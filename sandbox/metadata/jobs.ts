import type pg from 'pg';
import { z } from 'zod';

import type { Org } from '../org.ts';
import { SalesforceError } from '../salesforce-error.ts';
import { recordId } from '../store/record-id.ts';

const PREFIX = { deploy: '0Af', retrieve: '09S' } as const;
export type JobKind = keyof typeof PREFIX;

/**
 * ```
 *            claimed               ended
 *  Pending ─────────► InProgress ─────────► Succeeded | SucceededPartial | Failed
 *     │                   │ cancelled
 *     │ cancelled         ▼
 *     └──► Canceled ◄── Canceling
 * ```
 */
export const JobState = z.enum([
  'Pending',
  'InProgress',
  'Succeeded',
  'SucceededPartial',
  'Failed',
  'Canceling',
  'Canceled',
]);
export type JobState = z.infer<typeof JobState>;

export interface MetadataJob {
  readonly id: string;
  readonly kind: JobKind;
  readonly state: JobState;
  /** What the caller asked for; its shape belongs to the kind. */
  readonly request: unknown;
  /** What is answered, but for the state. */
  readonly result: Readonly<Record<string, unknown>>;
  /** Of a deploy what came, of a retrieve what is to be fetched. */
  readonly zip: Buffer | null;
}

const JobRow = z.object({
  id: z.string(),
  kind: z.enum(['deploy', 'retrieve']),
  state: JobState,
  request: z.unknown(),
  result: z.record(z.string(), z.unknown()),
  zip: z.instanceof(Buffer).nullable(),
});

export function isDone(state: JobState): boolean {
  return state !== 'Pending' && state !== 'InProgress' && state !== 'Canceling';
}

/** Puts a job at the end of the queue. */
export async function queueJob(
  org: Pick<Org, 'pool' | 'clock'>,
  job: Pick<MetadataJob, 'kind' | 'request' | 'result' | 'zip'>,
): Promise<string> {
  const { rows } = await org.pool.query(
    `/* nextJobId */ select nextval('record_number')::text as number`,
  );
  const [row] = z.tuple([z.object({ number: z.string() })]).parse(rows);
  const id = recordId(PREFIX[job.kind], BigInt(row.number));
  await org.pool.query(QUEUE_JOB, [
    id,
    job.kind,
    JSON.stringify(job.request),
    JSON.stringify(job.result),
    job.zip,
    new Date(org.clock.now()),
  ]);
  return id;
}

const QUEUE_JOB = `/* queueMetadataJob */
insert into metadata_jobs (id, kind, state, request, result, zip, created_at)
values ($1, $2, 'Pending', $3, $4, $5, $6)`;

/**
 * The oldest job that has not ended. One process works at a time, so one that is in progress was left behind by a crash:
 * its end is written in the transaction of its changes, so nothing of it was done and it begins anew.
 */
export async function claimJob(pool: pg.Pool): Promise<MetadataJob | undefined> {
  const { rows } = await pool.query(CLAIM_JOB);
  return z.array(JobRow).parse(rows)[0];
}

const CLAIM_JOB = `/* claimMetadataJob */
update metadata_jobs set state = case state when 'Canceling' then 'Canceled' else 'InProgress' end
 where id = (
   select id from metadata_jobs
    where state in ('Pending', 'InProgress', 'Canceling')
    order by created_at, id
    limit 1
 )
returning id, kind, state, request, result, zip`;

export interface Ending {
  readonly state: 'Succeeded' | 'SucceededPartial' | 'Failed';
  readonly result: Readonly<Record<string, unknown>>;
  readonly zip?: Buffer;
}

/** Writes how a job ended, in the caller's transaction. Resolves to false when it was cancelled meanwhile. */
export async function endJob(
  client: pg.ClientBase | pg.Pool,
  id: string,
  { state, result, zip }: Ending,
): Promise<boolean> {
  const { rowCount } = await client.query(END_JOB, [id, state, JSON.stringify(result), zip]);
  return rowCount === 1;
}

const END_JOB = `/* endMetadataJob */
update metadata_jobs set state = $2, result = $3, zip = coalesce($4, zip) where id = $1 and state = 'InProgress'`;

/** A job that was cancelled while it ran has stopped. */
export async function endCancelled(pool: pg.Pool, id: string): Promise<void> {
  await pool.query(END_CANCELLED, [id]);
}

const END_CANCELLED = `/* endCancelledJob */
update metadata_jobs set state = 'Canceled' where id = $1 and state = 'Canceling'`;

/** Resolves to whether the job has stopped already. */
export async function cancelJob(
  org: Pick<Org, 'pool'>,
  kind: JobKind,
  id: string,
): Promise<boolean> {
  const job = await getJob(org, kind, id);
  const { rows } = await org.pool.query(CANCEL_JOB, [job.id]);
  const [row] = z.array(z.object({ state: JobState })).parse(rows);
  if (row === undefined)
    throw new SalesforceError('INVALID_ID_FIELD', `Deployment already completed: ${job.id}`);
  return isDone(row.state);
}

const CANCEL_JOB = `/* cancelMetadataJob */
update metadata_jobs set state = case state when 'Pending' then 'Canceled' else 'Canceling' end
 where id = $1 and state in ('Pending', 'InProgress', 'Canceling')
returning state`;

/** A deploy or retrieve of this org, by its 15 or 18 characters. */
export async function getJob(
  org: Pick<Org, 'pool'>,
  kind: JobKind,
  id: string,
): Promise<MetadataJob> {
  const { rows } = await org.pool.query(FIND_JOB, [kind, id.slice(0, 15)]);
  const [row] = z.array(JobRow).parse(rows);
  if (row !== undefined) return row;
  throw new SalesforceError('INVALID_CROSS_REFERENCE_KEY', `invalid cross reference id: ${id}`);
}

const FIND_JOB = `/* findMetadataJob */
select id, kind, state, request, result, zip from metadata_jobs where kind = $1 and left(id, 15) = $2`;

/** A deploy as its caller sees it. */
export function shownDeploy(
  { id, state, result }: MetadataJob,
  includeDetails: boolean,
): Readonly<Record<string, unknown>> {
  const { details, ...summary } = result;
  const shown = { ...summary, done: isDone(state), id, status: state };
  return includeDetails ? { ...shown, details } : shown;
}
