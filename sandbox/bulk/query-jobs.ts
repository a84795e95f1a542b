import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { messageOf } from '../../src/kit/fault.ts';
import { findCalendar } from '../caller-calendar.ts';
import type { Org } from '../org.ts';
import { asDatabaseRefusal, SalesforceError } from '../salesforce-error.ts';
import { compileQuery } from '../soql/compile.ts';
import type { CompiledQuery, CompileOptions } from '../soql/compiled.ts';
import { injectIntoBatch } from './attempt.ts';
import { changeJob, type Job, type JobChange, type JobState } from './job.ts';
import { copyCsv, exportQuery, headerLine } from './query-export.ts';
import {
  findResultFile,
  markRead,
  removeResultFile,
  ResultFile,
  unreadResults,
} from './result-file.ts';
import type { JobRunner } from './runner.ts';

const MEGABYTE = 1_024 * 1_024;

export interface QueryResult {
  readonly header: string;
  readonly file: ResultFile;
}

/**
 * Query jobs: their exports and their result files.
 *
 * ```
 * UploadComplete ──run──► InProgress ──counted──► JobComplete
 *       └──────────abort───────┴──► Aborted           │ the file goes on being written, and
 *                              └── error ──► Failed ◄─┘ may be read meanwhile
 * ```
 * A job counts as complete when its rows are counted in the snapshot it exports: from then on the answer is certain and
 * results are streamed as they are written. A process that ends in between leaves a file without an index. When nobody had
 * asked for results by then, which a mark beside the file would tell, the next start exports it anew; else the job fails,
 * so that nobody is served half a result as if it were whole, or two halves of different moments as one.
 */
export class QueryJobs {
  readonly #org: Org;
  readonly #runner: JobRunner;
  readonly #files = new Map<string, ResultFile>();

  constructor(org: Org, runner: JobRunner) {
    this.#org = org;
    this.#runner = runner;
  }

  /** Refuses what the Bulk API cannot export and what the job's user may not see, in Salesforce's words. */
  async compile(
    text: string,
    job: Pick<Job, 'operation' | 'api_version' | 'created_by'>,
    idRange?: CompileOptions['idRange'],
  ): Promise<CompiledQuery> {
    const seen = await this.#org.seenBy({ userId: job.created_by });
    const query = compileQuery(text, {
      schema: seen.schema(),
      now: new Date(this.#org.clock.now()),
      calendar: await findCalendar(this.#org, job.created_by, text),
      apiVersion: job.api_version,
      userId: job.created_by,
      includeDeleted: job.operation === 'queryAll',
      ...(idRange === undefined ? {} : { idRange }),
    });
    const refusal = refusalOf(query);
    if (refusal !== undefined) {
      throw new SalesforceError('FUNCTIONALITY_NOT_ENABLED', refusal, { status: 400 });
    }
    return query;
  }

  run(job: Job): void {
    const file = new ResultFile(this.#path(job.id));
    this.#files.set(job.id, file);
    this.#runner.start(job.id, (signal) => this.#export(job, file, signal));
  }

  async #export(job: Job, file: ResultFile, signal: AbortSignal): Promise<void> {
    const { pool, clock, log } = this.#org;
    const started = clock.now();
    if ((await this.#change(job.id, ['UploadComplete'], 'InProgress')) === undefined) return;
    try {
      await mkdir(this.#folder(), { recursive: true, mode: 0o700 });
      await removeResultFile(this.#path(job.id));
      await file.create();
      await injectIntoBatch({ org: this.#org, subject: `${job.operation} ${job.object}`, signal });
      const query = await this.compile(job.query ?? '', job);
      await exportQuery({
        pool,
        count: query.count,
        copy: copyCsv(job, query),
        carriageReturns: job.line_ending === 'CRLF',
        file,
        signal,
        counted: async (records) => {
          const done = await this.#change(job.id, ['InProgress'], 'JobComplete', {
            recordsProcessed: records,
            processingMs: clock.now() - started,
          });
          if (done === undefined) throw new Error('the job was aborted');
        },
      });
      const megabytes = Math.ceil(file.index.bytes / MEGABYTE);
      this.#org.usage.add(this.#org, 'DailyBulkV2QueryFileStorageMB', megabytes);
      log.info(
        {
          jobId: job.id,
          records: file.index.records,
          bytes: file.index.bytes,
          ms: clock.now() - started,
        },
        'bulk query exported',
      );
    } catch (error) {
      if (signal.aborted) return;
      const errorMessage = sentenceOf(error);
      const failed = await this.#change(job.id, ['InProgress', 'JobComplete'], 'Failed', {
        errorMessage,
      });
      if (failed !== undefined) log.error({ jobId: job.id, err: error }, 'bulk query failed');
    } finally {
      this.#files.delete(job.id);
    }
  }

  async result(job: Job): Promise<QueryResult> {
    const growing = this.#files.get(job.id);
    if (growing !== undefined) await markRead(this.#path(job.id));
    const file = growing ?? (await findResultFile(this.#path(job.id)));
    if (file === undefined) {
      const errorMessage =
        'InternalServerError : The service ended while the results were written. Create the job again.';
      await this.#change(job.id, ['JobComplete'], 'Failed', { errorMessage });
      throw new SalesforceError('INVALIDJOBSTATE', errorMessage);
    }
    const query = await this.compile(job.query ?? '', job);
    return { header: headerLine(job, query.csv?.header ?? []), file };
  }

  /** After a start: nothing of an earlier process is still running. */
  async resume(jobs: readonly Job[]): Promise<void> {
    for (const job of jobs) {
      if (job.kind !== 'query') continue;
      // No page of it has been served yet, so it may begin anew.
      const again = await this.#change(job.id, ['UploadComplete', 'InProgress'], 'UploadComplete');
      if (again !== undefined) this.run(again);
    }
    for (const id of await unreadResults(this.#folder())) {
      const again = await this.#change(id, ['JobComplete'], 'UploadComplete');
      if (again !== undefined) this.run(again);
    }
  }

  abort(id: string): void {
    this.#runner.abort(id);
  }

  async remove(id: string): Promise<void> {
    this.#runner.abort(id);
    await removeResultFile(this.#path(id));
  }

  async #change(
    id: string,
    from: readonly JobState[],
    state: JobState,
    more: Pick<JobChange, 'recordsProcessed' | 'processingMs' | 'errorMessage'> = {},
  ): Promise<Job | undefined> {
    const now = new Date(this.#org.clock.now());
    return changeJob(this.#org.pool, { id, from, state, now, ...more });
  }

  #folder(): string {
    return join(this.#org.config.home, 'org-bulk');
  }

  #path(id: string): string {
    return join(this.#folder(), `${id}-results.csv`);
  }
}

function sentenceOf(error: unknown): string {
  const refusal = asDatabaseRefusal(error);
  if (refusal !== undefined) return `${refusal.errorCode} : ${refusal.message}`;
  return `InternalServerError : ${messageOf(error)}`;
}

function refusalOf(query: CompiledQuery): string | undefined {
  if (query.kind !== 'rows')
    return 'Aggregate functions and GROUP BY are not supported in Bulk Query';
  if (query.uses.children) return 'Aggregate Relationships not supported in Bulk Query';
  if (query.uses.offset) return 'OFFSET is not supported in Bulk Query';
  if (query.uses.typeOf) return 'TYPEOF is not supported in Bulk Query';
  if (query.uses.compound.length > 0) return 'Selecting compound data not supported in Bulk Query';
  if (query.csv === undefined) return 'Selecting binary fields not supported in Bulk Query';
  return undefined;
}
