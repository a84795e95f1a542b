import { stringify } from 'csv-stringify/sync';
import type pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { z } from 'zod';

import { quoteLiteral } from '../../src/kit/identifiers.ts';
import type { CompiledQuery, Statement } from '../soql/compiled.ts';
import { DELIMITERS, type Job } from './job.ts';
import { EXPORT_TIMEOUT_MS } from './limits.ts';
import { withCarriageReturns } from './record-index.ts';
import type { ResultFile } from './result-file.ts';

export interface QueryExport {
  readonly pool: pg.Pool;
  /** How many records there are. */
  readonly count: Statement;
  /** The COPY statement that writes them. */
  readonly copy: string;
  readonly carriageReturns: boolean;
  readonly file: ResultFile;
  readonly signal: AbortSignal;
  /** Called once the number of records is certain; the file is still being written then. */
  counted(records: number): Promise<void>;
}

/**
 * Writes a query's result to its file: `COPY … TO STDOUT`, every cell quoted, through to the disk without a look at any
 * row but for where it ends. Counted and read in one repeatable-read transaction: both see the org at one moment, so the
 * number of records is known before the first is written and a page never changes, however long the export takes and
 * whatever is written to the org meanwhile.
 */
export async function exportQuery(work: QueryExport): Promise<void> {
  const { pool, count, file, signal } = work;
  const client = await pool.connect();
  // An abort ends the session, and with it the query in the server; so does anything else that cuts the copy short.
  const session = new Session(client);
  const cut = (): void => {
    session.end(true);
  };
  signal.addEventListener('abort', cut, { once: true });
  try {
    signal.throwIfAborted();
    await client.query('begin isolation level repeatable read read only');
    await client.query(
      `set local statement_timeout = ${EXPORT_TIMEOUT_MS}; set local timezone = 'UTC'`,
    );
    const { rows } = await client.query({ text: count.text, values: [...count.values] });
    const [counted] = z.tuple([z.object({ count: z.coerce.number() })]).parse(rows);
    await work.counted(counted.count);
    signal.throwIfAborted();
    const copy = client.query(copyTo(work.copy));
    // It tells of a lost connection by an event alone: whoever reads it later, or does not yet, must see it too.
    copy.on('error', (error: Error) => copy.destroy(error));
    await file.write(work.carriageReturns ? withCarriageReturns(copy) : copy, signal);
    await client.query('commit');
    session.end(false);
  } finally {
    signal.removeEventListener('abort', cut);
    session.end(true);
  }
}

/** A pooled connection that is given back once: whole, or broken off. */
class Session {
  readonly #client: pg.PoolClient;
  #ended = false;

  constructor(client: pg.PoolClient) {
    this.#client = client;
    client.on('error', ignore);
  }

  end(broken: boolean): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#client.off('error', ignore);
    if (broken) this.#client.on('error', ignore);
    this.#client.release(broken);
  }
}

/** The query that was under way reports the loss of its connection itself. */
function ignore(): void {
  // Nothing to do.
}

/** Every cell quoted, an empty one too, as Salesforce writes CSV. */
export function copyCsv(job: Job, query: CompiledQuery): string {
  if (query.csv === undefined) throw new TypeError('the query cannot be written as CSV');
  const delimiter = quoteLiteral(DELIMITERS[job.column_delimiter]);
  return `/* exportQuery */ copy (${query.csv.query}) to stdout (format csv, force_quote *, delimiter ${delimiter})`;
}

/**
 * Each record as one line of JSON, a comma before all but the first. Its quote and delimiter are control characters,
 * which JSON text never contains, so COPY leaves every line as it is.
 */
export function copyJson(query: CompiledQuery): string {
  return `/* exportQuery */ copy (select case when row_number() over () = 1 then '' else ',' end || record from (${query.recordsInline}) records) to stdout (format csv, quote e'\\x01', delimiter e'\\x02')`;
}

/** The line of column names, which stands on top of every page. */
export function headerLine(job: Job, header: readonly string[]): string {
  return stringify([[...header]], {
    delimiter: DELIMITERS[job.column_delimiter],
    quoted: true,
    record_delimiter: job.line_ending === 'CRLF' ? 'windows' : 'unix',
  });
}
