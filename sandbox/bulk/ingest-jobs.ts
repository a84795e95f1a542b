import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { stringify } from 'csv-stringify/sync';

import { messageOf } from '../../src/kit/fault.ts';
import { inTransaction } from '../../src/kit/transaction.ts';
import { ROW_LOCK_TIMEOUT_MS } from '../limits.ts';
import type { Org } from '../org.ts';
import type { SaveResult } from '../records/engine.ts';
import { SalesforceError } from '../salesforce-error.ts';
import { attemptBatch } from './attempt.ts';
import { errorCell, findUnknownColumn, writeRows } from './batch.ts';
import { insertBatch, readBatchLines } from './batch-store.ts';
import {
  advanceJob,
  changeJob,
  countRetry,
  DELIMITERS,
  type Job,
  type JobChange,
  type JobState,
} from './job.ts';
import { BATCH_RETRIES_MAX } from './limits.ts';
import type { JobRunner } from './runner.ts';
import {
  BadFile,
  readBatches,
  readHeader,
  readRest,
  removeParts,
  storeUpload,
  UploadedBefore,
} from './upload-file.ts';

const BEGIN = `begin; set local lock_timeout = ${ROW_LOCK_TIMEOUT_MS}`;

/** Another change of the job (an abort) came first. */
class Superseded extends Error {
  override readonly name = 'Superseded';
}

/**
 * Ingest jobs: an upload becomes records, batch by batch.
 *
 * ```
 * Open ──PUT──► Open ──PATCH──► UploadComplete ──► InProgress ──► JobComplete
 *   └──────────────── Aborted ◄─────────┴──────────────┤
 *                                                      └────────► Failed   (the file itself is wrong)
 * ```
 * A batch's records, its results and the job's progress are written in one transaction, so a crash anywhere loses
 * nothing and repeats nothing: the next start goes on behind the last batch that was committed. The progress is written
 * only while the job is in progress, so of an abort and a batch at the same moment one is first and the other sees it.
 */
export class IngestJobs {
  readonly #org: Org;
  readonly #runner: JobRunner;

  constructor(org: Org, runner: JobRunner) {
    this.#org = org;
    this.#runner = runner;
  }

  async upload(job: Job, body: AsyncIterable<Uint8Array>): Promise<void> {
    await mkdir(this.#folder(), { recursive: true, mode: 0o700 });
    const path = this.#path(job.id);
    try {
      await storeUpload(path, body);
    } catch (error) {
      if (error instanceof UploadedBefore) {
        throw new SalesforceError(
          'CLIENT_INPUT_ERROR',
          `Found multiple contents for job: <${job.id}>, please 'Close' / 'Abort' / 'Delete' the current Job then create a new Job and make sure you only do 'PUT' once on a given Job.`,
        );
      }
      throw error;
    }
  }

  run(job: Job): void {
    this.#runner.start(job.id, (signal) => this.#process(job, signal));
  }

  async #process(job: Job, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#org;
    const started = clock.now();
    const begun = await this.#change(job.id, ['UploadComplete', 'InProgress'], 'InProgress');
    if (begun === undefined) return;
    try {
      if (await exists(this.#path(job.id))) await this.#batches(begun, started, signal);
      const ended = await this.#change(job.id, ['InProgress'], 'JobComplete', {
        processingMs: clock.now() - started,
      });
      log.info(
        { jobId: job.id, records: ended?.records_processed, ms: clock.now() - started },
        'bulk ingest ended',
      );
    } catch (error) {
      if (signal.aborted || error instanceof Superseded) return;
      const known = error instanceof BadFile || error instanceof SalesforceError;
      if (!known) log.error({ jobId: job.id, err: error }, 'bulk ingest failed');
      const errorMessage = sentenceOf(error);
      await this.#change(job.id, ['InProgress'], 'Failed', { errorMessage });
    }
  }

  async #batches(job: Job, started: number, signal: AbortSignal): Promise<void> {
    let processed = job.records_processed;
    let checked = false;
    for await (const { columns, rows } of readBatches(this.#path(job.id), job, processed)) {
      if (!checked) await this.#checkColumns(job, columns);
      checked = true;
      if (signal.aborted) throw new Superseded('the job was aborted');
      if (rows.length === 0) continue;
      this.#org.usage.take(this.#org, 'DailyBulkApiBatches');
      this.#org.usage.take(this.#org, 'DailyBulkIngestRecords', rows.length);
      const attempts = {
        org: this.#org,
        jobId: job.id,
        subject: `${job.operation} ${job.object}`,
        signal,
        retriesMax: BATCH_RETRIES_MAX,
        retried: async () => {
          const going = await countRetry(this.#org.pool, job.id, new Date(this.#org.clock.now()));
          if (!going) throw new Superseded('the job was aborted');
        },
      };
      const batch = { columns, rows, processed, started };
      await attemptBatch(attempts, async () => this.#batch(job, batch));
      processed += rows.length;
    }
  }

  async #checkColumns(job: Job, columns: readonly string[]): Promise<void> {
    const schema = (await this.#org.seenBy({ userId: job.created_by })).schema();
    const object = schema.findObject(job.object);
    if (object === undefined)
      throw new BadFile(`InvalidEntity : Entity '${job.object}' is not supported by the Bulk API.`);
    const unknown = findUnknownColumn(schema, object, columns);
    if (unknown !== undefined) {
      throw new BadFile(`InvalidBatch : Field name not found : ${unknown}`);
    }
    const deletes = job.operation === 'delete' || job.operation === 'hardDelete';
    if (deletes && (columns.length !== 1 || columns[0]?.toLowerCase() !== 'id')) {
      throw new BadFile(`InvalidBatch : A ${job.operation} takes the column Id and no other`);
    }
    // Without the column Id an upsert by Id makes a record of every row.
    const key = job.external_id_field === 'Id' ? undefined : (job.external_id_field ?? undefined);
    const needed = job.operation === 'update' ? 'Id' : key;
    if (
      needed !== undefined &&
      !columns.some((column) => column.toLowerCase() === needed.toLowerCase())
    ) {
      throw new BadFile(`InvalidBatch : Field name not found : ${needed}`);
    }
  }

  async #batch(
    job: Job,
    {
      columns,
      rows,
      processed,
      started,
    }: {
      columns: readonly string[];
      rows: readonly (readonly string[])[];
      processed: number;
      started: number;
    },
  ): Promise<void> {
    // Asked at every batch: who loses a right while his job runs has lost it.
    const org = await this.#org.seenBy({ userId: job.created_by });
    await inTransaction(
      org.pool,
      async (client) => {
        const results = await writeRows({ org, job, client }, columns, rows);
        const lines = resultLines(job, columns, { rows, results });
        await insertBatch(client, { jobId: job.id, number: processed, ...lines });
        const advanced = await advanceJob(client, {
          id: job.id,
          processed: rows.length,
          failed: results.filter(({ success }) => !success).length,
          processingMs: org.clock.now() - started,
          now: new Date(org.clock.now()),
        });
        if (!advanced) throw new Superseded('the job was aborted');
      },
      BEGIN,
    );
  }

  /** The lines of a result resource, header first. */
  async *results(job: Job, kind: 'successes' | 'failures'): AsyncGenerator<Uint8Array> {
    const columns = await this.#columns(job);
    const extra = kind === 'successes' ? ['sf__Id', 'sf__Created'] : ['sf__Id', 'sf__Error'];
    yield Buffer.from(toLines(job, [[...extra, ...columns]]));
    for await (const lines of readBatchLines(this.#org.pool, job.id, kind))
      yield Buffer.from(lines);
  }

  /** What was never tried: the rest of the upload as it came. */
  async *unprocessed(job: Job): AsyncGenerator<Uint8Array> {
    if (await exists(this.#path(job.id)))
      yield* readRest(this.#path(job.id), job.records_processed);
  }

  async #columns(job: Job): Promise<readonly string[]> {
    if (!(await exists(this.#path(job.id)))) return [];
    try {
      return await readHeader(this.#path(job.id), job);
    } catch (error) {
      if (error instanceof BadFile) return [];
      throw error;
    }
  }

  async resume(jobs: readonly Job[]): Promise<void> {
    await removeParts(this.#folder());
    for (const job of jobs) if (job.kind === 'ingest') this.run(job);
  }

  abort(id: string): void {
    this.#runner.abort(id);
  }

  async remove(id: string): Promise<void> {
    this.#runner.abort(id);
    await rm(this.#path(id), { force: true });
  }

  async #change(
    id: string,
    from: readonly JobState[],
    state: JobState,
    more: Pick<JobChange, 'processingMs' | 'errorMessage'> = {},
  ): Promise<Job | undefined> {
    return changeJob(this.#org.pool, {
      id,
      from,
      state,
      now: new Date(this.#org.clock.now()),
      ...more,
    });
  }

  #folder(): string {
    return join(this.#org.config.home, 'org-bulk');
  }

  #path(id: string): string {
    return join(this.#folder(), `${id}-upload.csv`);
  }
}

function sentenceOf(error: unknown): string {
  if (error instanceof BadFile) return error.message;
  if (error instanceof SalesforceError && error.errorCode === 'EXCEEDEDQUOTA') return error.message;
  return `InternalServerError : ${messageOf(error)}`;
}

/** A row's line goes to the successes or the failures, with what became of it in front. */
function resultLines(
  job: Job,
  columns: readonly string[],
  {
    rows,
    results,
  }: {
    readonly rows: readonly (readonly string[])[];
    readonly results: readonly SaveResult[];
  },
): { successes: string; failures: string } {
  const successes: (readonly string[])[] = [];
  const failures: (readonly string[])[] = [];
  rows.forEach((row, at) => {
    const result = results[at];
    if (result?.success === true) {
      successes.push([result.id ?? '', String(result.created), ...row]);
    } else {
      failures.push([
        result?.id ?? '',
        errorCell(result?.errors ?? []),
        ...row.slice(0, columns.length),
      ]);
    }
  });
  return { successes: toLines(job, successes), failures: toLines(job, failures) };
}

function toLines(job: Job, rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  return stringify(
    rows.map((row) => [...row]),
    {
      delimiter: DELIMITERS[job.column_delimiter],
      quoted: true,
      quoted_empty: true,
      record_delimiter: job.line_ending === 'CRLF' ? 'windows' : 'unix',
    },
  );
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
