import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { z } from 'zod';

import { messageOf } from '../../src/kit/fault.ts';
import { inTransaction } from '../../src/kit/transaction.ts';
import { ROW_LOCK_TIMEOUT_MS } from '../limits.ts';
import type { Org } from '../org.ts';
import { asDatabaseRefusal, SalesforceError } from '../salesforce-error.ts';
import { tableName } from '../store/layout.ts';
import { attemptBatch, BatchFailure } from './attempt.ts';
import { findUnknownColumn, writeRecords } from './batch.ts';
import { countRetry, findJob, type Job } from './job.ts';
import { BATCH_RECORDS_MAX, V1_BATCH_RETRIES_MAX } from './limits.ts';
import { copyCsv, copyJson, exportQuery, headerLine } from './query-export.ts';
import type { QueryJobs } from './query-jobs.ts';
import { findResultFile, removeResultFile, ResultFile } from './result-file.ts';
import type { JobRunner } from './runner.ts';
import { AsyncError } from './v1-format.ts';
import { parseV1Records } from './v1-request.ts';
import {
  changeV1Batch,
  insertV1Batch,
  listV1Batches,
  readV1Request,
  unfinishedV1Batches,
  type Batch,
  type BatchChange,
  type BatchResult,
  type BatchState,
} from './v1-store.ts';

const BEGIN = `begin; set local lock_timeout = ${ROW_LOCK_TIMEOUT_MS}`;

/** What a batch fails with as a whole; its sentence is the batch's state message. */
class BadBatch extends Error {
  override readonly name = 'BadBatch';
}

/**
 * Batches of Bulk API 1.
 *
 * ```
 * Queued ──► InProgress ──► Completed   (records may still have failed, one by one)
 *   │             └───────► Failed      (the batch as a whole was wrong)
 *   └──► NotProcessed                   (its job was aborted, or it was cut into chunks)
 * ```
 * A batch of records is one transaction together with its results and its state, so after a crash it was saved and says
 * so, or it was not and runs again. A query's result file counts once it is whole.
 */
export class V1Batches {
  readonly #org: Org;
  readonly #runner: JobRunner;
  readonly #queries: QueryJobs;
  /** Batches that were running when their job was aborted. */
  readonly #aborted = new Set<string>();

  constructor(org: Org, runner: JobRunner, queries: QueryJobs) {
    this.#org = org;
    this.#runner = runner;
    this.#queries = queries;
  }

  async add(job: Job, request: Buffer): Promise<Batch> {
    const { pool, clock } = this.#org;
    this.#org.usage.take(this.#org, 'DailyBulkApiBatches');
    const now = new Date(clock.now());
    if (job.pk_chunk_size === null || !isQuery(job)) {
      const batch = await insertV1Batch(pool, { jobId: job.id, state: 'Queued', request, now });
      this.run(job, batch);
      return batch;
    }
    return this.#addChunks(job, request, job.pk_chunk_size);
  }

  /** PK chunking: the batch itself is not processed; one batch for each range of ids is. */
  async #addChunks(job: Job, request: Buffer, size: number): Promise<Batch> {
    const { pool, clock } = this.#org;
    const seen = await this.#org.seenBy({ userId: job.created_by });
    const object = seen.schema().findObject(job.object);
    if (object === undefined) throw new AsyncError('InvalidEntity', `no object ${job.object}`);
    const now = new Date(clock.now());
    const { rows } = await pool.query(
      `/* chunkStarts */ select id from (select id, row_number() over (order by id) as place from ${tableName(object)}) ids where (place - 1) % $1 = 0 order by id`,
      [size],
    );
    const starts = z
      .array(z.object({ id: z.string() }))
      .parse(rows)
      .map(({ id }) => id);
    const ranges = starts.length === 0 ? [undefined] : starts;
    const { original, chunks } = await inTransaction(pool, async (client) => {
      const made: Batch[] = [];
      const first = await insertV1Batch(client, {
        jobId: job.id,
        state: 'NotProcessed',
        request,
        now,
      });
      for (const [at, firstId] of ranges.entries()) {
        const beforeId = ranges[at + 1];
        made.push(
          await insertV1Batch(client, {
            jobId: job.id,
            state: 'Queued',
            request,
            firstId,
            beforeId,
            now,
          }),
        );
      }
      return { original: first, chunks: made };
    });
    this.#org.usage.add(this.#org, 'DailyBulkApiBatches', chunks.length);
    for (const batch of chunks) this.run(job, batch);
    return original;
  }

  run(job: Job, batch: Batch): void {
    const lane = job.concurrency_mode === 'Serial' ? job.id : batch.id;
    this.#runner.start(batch.id, (signal) => this.#process(job, batch, signal), lane);
  }

  async #process(job: Job, batch: Batch, signal: AbortSignal): Promise<void> {
    const { clock, log, pool } = this.#org;
    const started = clock.now();
    if (!(await this.#change(pool, batch, { from: ['Queued', 'InProgress'], state: 'InProgress' })))
      return;
    try {
      const subject = `${job.operation} ${job.object}`;
      const request = await readV1Request(pool, batch.id);
      const attempts = {
        org: this.#org,
        jobId: job.id,
        subject,
        signal,
        retriesMax: V1_BATCH_RETRIES_MAX,
        retried: async () => {
          await countRetry(pool, job.id, new Date(clock.now()));
        },
      };
      await attemptBatch(attempts, async () =>
        isQuery(job)
          ? this.#export(job, batch, { request, started, signal })
          : this.#write(job, batch, { request, started }),
      );
    } catch (error) {
      if (signal.aborted) {
        if (this.#aborted.delete(batch.id))
          await this.#change(pool, batch, { from: ['InProgress'], state: 'NotProcessed' });
        return;
      }
      const message = sentenceOf(error);
      if (message === undefined)
        log.error({ jobId: job.id, batchId: batch.id, err: error }, 'bulk batch failed');
      await this.#change(pool, batch, {
        from: ['InProgress'],
        state: 'Failed',
        message: message ?? `InternalServerError : ${messageOf(error)}`,
      });
    }
  }

  async #write(
    job: Job,
    batch: Batch,
    { request, started }: { request: Buffer; started: number },
  ): Promise<void> {
    const org = await this.#org.seenBy({ userId: job.created_by });
    const object = org.schema().findObject(job.object);
    const { records, values, columns } = await parseV1Records(job, request, object);
    if (records.length > BATCH_RECORDS_MAX) {
      throw new BadBatch(`InvalidBatch : the batch has more than ${BATCH_RECORDS_MAX} records`);
    }
    const unknown =
      object === undefined ? undefined : findUnknownColumn(org.schema(), object, columns);
    if (unknown !== undefined)
      throw new BadBatch(`InvalidBatch : Field name not found : ${unknown}`);
    await inTransaction(
      org.pool,
      async (client) => {
        const saved = await writeRecords({ org, job, client }, records, values);
        const results = saved.map((result): BatchResult => ({
          id: result.id,
          success: result.success,
          created: result.created,
          errors: result.errors.map(({ errorCode, message, fields }) => ({
            statusCode: errorCode,
            message,
            fields: [...fields],
          })),
        }));
        const processingMs = org.clock.now() - started;
        await this.#change(client, batch, {
          from: ['InProgress'],
          state: 'Completed',
          processed: results.length,
          failed: results.filter(({ success }) => !success).length,
          processingMs,
          results,
        });
      },
      BEGIN,
    );
  }

  async #export(
    job: Job,
    batch: Batch,
    { request, started, signal }: { request: Buffer; started: number; signal: AbortSignal },
  ): Promise<void> {
    const { pool, clock } = this.#org;
    await mkdir(this.#folder(), { recursive: true, mode: 0o700 });
    const query = await this.#compile(job, batch, request);
    let processed = 0;
    await exportQuery({
      pool,
      count: query.count,
      copy: job.content_type === 'CSV' ? copyCsv(job, query) : copyJson(query),
      carriageReturns: false,
      file: new ResultFile(this.#path(batch.id)),
      signal,
      counted: async (records) => {
        processed = records;
      },
    });
    await this.#change(pool, batch, {
      from: ['InProgress'],
      state: 'Completed',
      processed,
      processingMs: clock.now() - started,
    });
  }

  async #compile(job: Job, batch: Batch, request: Buffer) {
    const range = { first: batch.first_id ?? undefined, before: batch.before_id ?? undefined };
    const query = await this.#queries.compile(request.toString('utf8').trim(), job, range);
    if (query.object.name !== job.object) {
      throw new BadBatch(
        `InvalidBatch : Failed to process query: the query is of ${query.object.name}, the job of ${job.object}`,
      );
    }
    return query;
  }

  /** The whole of a query's result file, with the header CSV begins with. */
  async result(job: Job, batch: Batch): Promise<{ header: string; file: ResultFile }> {
    const file = await findResultFile(this.#path(batch.id));
    if (file === undefined)
      throw new AsyncError('InvalidBatch', 'The results of the batch are not available', 404);
    if (job.content_type !== 'CSV') return { header: '', file };
    const query = await this.#compile(job, batch, await readV1Request(this.#org.pool, batch.id));
    return { header: headerLine(job, query.csv?.header ?? []), file };
  }

  async resume(): Promise<void> {
    for (const batch of await unfinishedV1Batches(this.#org.pool)) {
      const job = await findJob(this.#org.pool, batch.job_id, 'v1');
      if (job !== undefined) this.run(job, batch);
    }
  }

  async abort(job: Job): Promise<void> {
    for (const batch of await listV1Batches(this.#org.pool, job.id)) {
      if (batch.state === 'InProgress') this.#aborted.add(batch.id);
      this.#runner.abort(batch.id);
    }
  }

  async remove(jobId: string): Promise<void> {
    for (const batch of await listV1Batches(this.#org.pool, jobId)) {
      this.#runner.abort(batch.id);
      await removeResultFile(this.#path(batch.id));
    }
  }

  async #change(
    client: Parameters<typeof changeV1Batch>[0],
    batch: Batch,
    change: Omit<BatchChange, 'id' | 'now'> & { readonly state: BatchState },
  ): Promise<boolean> {
    return changeV1Batch(client, { id: batch.id, now: new Date(this.#org.clock.now()), ...change });
  }

  #folder(): string {
    return join(this.#org.config.home, 'org-bulk');
  }

  #path(id: string): string {
    return join(this.#folder(), `${id}-results`);
  }
}

export function isQuery(job: Job): boolean {
  return job.operation === 'query' || job.operation === 'queryAll';
}

/** What a batch says of its own mistake; undefined for a mistake of ours. */
function sentenceOf(error: unknown): string | undefined {
  if (error instanceof BadBatch || error instanceof BatchFailure) return error.message;
  if (error instanceof AsyncError) return `${error.code} : ${error.message}`;
  const refusal = error instanceof SalesforceError ? error : asDatabaseRefusal(error);
  if (refusal !== undefined)
    return `InvalidBatch : Failed to process query: ${refusal.errorCode}: ${refusal.message}`;
  return undefined;
}
