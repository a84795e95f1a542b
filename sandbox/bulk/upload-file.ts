import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { link, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

import { CsvError, parse } from 'csv-parse';
import { z } from 'zod';

import { codeOf } from '../../src/kit/fault.ts';
import { SalesforceError } from '../salesforce-error.ts';
import { DELIMITERS, type Job } from './job.ts';
import {
  BATCH_RECORDS_MAX,
  READ_BYTES,
  RECORD_CHARACTERS_MAX,
  UPLOAD_BYTES_MAX,
} from './limits.ts';
import { findRecordEnd } from './record-index.ts';

const Row = z.array(z.string());

/** A second upload, also while the first one is still coming in. */
export class UploadedBefore extends Error {
  override readonly name = 'UploadedBefore';
}

/**
 * Stores an upload. It has its name once it is whole: one that broke off, with its connection or with the process, is
 * none and may be sent again; of two at once the first to be whole counts. @throws UploadedBefore
 */
export async function storeUpload(path: string, body: AsyncIterable<Uint8Array>): Promise<void> {
  const taken = await stat(path).catch(() => undefined);
  if (taken !== undefined) throw new UploadedBefore('uploaded before');
  const part = `${path}.${randomUUID()}${PART}`;
  try {
    await writeUpload(part, body);
    await link(part, path).catch((error: unknown) => {
      throw codeOf(error) === 'EEXIST'
        ? new UploadedBefore('uploaded before', { cause: error })
        : error;
    });
  } finally {
    await rm(part, { force: true });
  }
}

const PART = '.part';

/** Removes what of uploads an earlier process has left unfinished. */
export async function removeParts(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    if (name.endsWith(PART)) await rm(join(folder, name), { force: true });
  }
}

/** Refuses what is too large. */
async function writeUpload(path: string, body: AsyncIterable<Uint8Array>): Promise<void> {
  await using handle = await open(path, 'wx', 0o600);
  let bytes = 0;
  await pipeline(
    body,
    async function* (chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        bytes += chunk.length;
        if (bytes > UPLOAD_BYTES_MAX) {
          throw new SalesforceError(
            'EXCEEDED_MAX_SIZE_REQUEST',
            `The upload is larger than ${UPLOAD_BYTES_MAX} bytes`,
            { status: 413 },
          );
        }
        yield chunk;
      }
    },
    handle.createWriteStream(),
  );
}

/** What is wrong with a file as a whole; the job fails with it. */
export class BadFile extends Error {
  override readonly name = 'BadFile';
}

/** The rows of an upload, the header first, in batches. `skip` rows after the header are passed over. */
export async function* readBatches(
  path: string,
  job: Job,
  skip: number,
): AsyncGenerator<{
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}> {
  let columns: readonly string[] | undefined;
  let rows: (readonly string[])[] = [];
  let passed = 0;
  for await (const row of readRows(path, job)) {
    if (columns === undefined) {
      columns = headerOf(row, job);
      continue;
    }
    passed += 1;
    if (passed <= skip) continue;
    rows.push(row);
    if (rows.length === BATCH_RECORDS_MAX) {
      yield { columns, rows };
      rows = [];
    }
  }
  if (columns !== undefined) yield { columns, rows };
}

/** The column names of an upload; none when it has no line. */
export async function readHeader(path: string, job: Job): Promise<readonly string[]> {
  for await (const row of readRows(path, job)) return headerOf(row, job);
  return [];
}

async function* readRows(path: string, job: Job): AsyncGenerator<readonly string[]> {
  const file = createReadStream(path, { highWaterMark: READ_BYTES });
  const parser = file.pipe(
    parse({
      bom: true,
      delimiter: DELIMITERS[job.column_delimiter],
      record_delimiter: job.line_ending === 'CRLF' ? '\r\n' : '\n',
      skip_empty_lines: true,
      // A row with too many cells is refused by itself, not with its file.
      relax_column_count_more: true,
      max_record_size: RECORD_CHARACTERS_MAX,
    }),
  );
  file.on('error', (error) => parser.destroy(error));
  try {
    for await (const row of parser) yield Row.parse(row);
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new BadFile(`ClientInputError : ${wrongEnding(error, job) ?? error.message}`, {
      cause: error,
    });
  } finally {
    file.destroy();
  }
}

function headerOf(row: readonly string[], job: Job): readonly string[] {
  const mixed = job.line_ending === 'LF' ? '\r' : '\n';
  if (row.some((cell) => cell.includes(mixed))) {
    throw new BadFile(`ClientInputError : ${endingSentence(job)}`);
  }
  return row.map((cell) => cell.trim());
}

/** A quoted header with the other line ending is a syntax error to the parser. */
function wrongEnding(error: CsvError, job: Job): string | undefined {
  return error.code === 'CSV_INVALID_CLOSING_QUOTE' && /[\r\n]/.test(error.message)
    ? endingSentence(job)
    : undefined;
}

function endingSentence(job: Job): string {
  return `LineEnding is invalid on user data. Current LineEnding setting is ${job.line_ending}`;
}

/** The header and the rows after the first `skip`, as they were uploaded. */
export async function* readRest(path: string, skip: number): AsyncGenerator<Uint8Array> {
  let toSkip = skip;
  let quoted = false;
  let inHeader = true;
  for await (const piece of createReadStream(path, { highWaterMark: READ_BYTES })) {
    let chunk: Uint8Array = z.instanceof(Uint8Array).parse(piece);
    if (inHeader) {
      const header = findRecordEnd(chunk, 1, { quoted });
      yield header.at === undefined ? chunk : chunk.subarray(0, header.at);
      quoted = header.quoted;
      if (header.at === undefined) continue;
      inHeader = false;
      chunk = chunk.subarray(header.at);
    }
    if (toSkip > 0) {
      const skipped = findRecordEnd(chunk, toSkip, { quoted });
      quoted = skipped.quoted;
      toSkip -= skipped.ended;
      if (skipped.at === undefined) continue;
      chunk = chunk.subarray(skipped.at);
    }
    yield chunk;
  }
}
