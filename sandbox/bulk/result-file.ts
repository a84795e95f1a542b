import { open, readdir, readFile, rm, writeFile, type FileHandle } from 'node:fs/promises';

import { z } from 'zod';

import { INDEX_RECORDS, READ_BYTES } from './limits.ts';
import { findRecordEnd, RecordScanner, type IndexedFile } from './record-index.ts';

const Index = z.object({ records: z.number(), bytes: z.number(), offsets: z.array(z.number()) });

/** A file of CSV records that is being written or is whole, and may be read while it grows. */
export class ResultFile {
  readonly #path: string;
  readonly #scanner = new RecordScanner();
  #finished: IndexedFile | undefined;
  #failure: Error | undefined;
  #waiting: (() => void)[] = [];

  constructor(path: string, finished?: IndexedFile) {
    this.#path = path;
    this.#finished = finished;
  }

  get index(): IndexedFile {
    return this.#finished ?? this.#scanner.file;
  }

  /**
   * Makes the empty file: before the job counts as complete, so that from then on a reader finds it and so does the next
   * start, whenever the process ends.
   */
  async create(): Promise<void> {
    await writeFile(this.#path, '', { mode: 0o600 });
  }

  /** Writes all chunks, then the index beside the file: a file without one was cut short. */
  async write(chunks: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
    try {
      await using handle = await open(this.#path, 'w', 0o600);
      for await (const chunk of gathered(chunks)) {
        signal.throwIfAborted();
        await handle.writeFile(chunk);
        this.#scanner.scan(chunk);
        this.#wake();
      }
      await writeFile(indexPath(this.#path), JSON.stringify(this.#scanner.file), { mode: 0o600 });
      this.#finished = this.#scanner.file;
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(String(error));
      throw error;
    } finally {
      this.#wake();
    }
  }

  /**
   * The bytes of `count` records from the `first`, waiting for those that are not written yet. Who knows that these are
   * the last says so: then nobody has to look for where they end.
   */
  async *read(first: number, count: number, last = false): AsyncGenerator<Uint8Array> {
    if (count <= 0) return;
    await using handle = await open(this.#path, 'r');
    const start = await this.#offsetOf(handle, first);
    const end = this.#knownOffset(first + count);
    if (last) yield* this.#rest(handle, start);
    else if (end !== undefined) yield* this.#readBytes(handle, start, end);
    else yield* this.#countedRecords(handle, start, count);
  }

  async #offsetOf(handle: FileHandle, record: number): Promise<number> {
    const base = Math.floor(record / INDEX_RECORDS);
    while (this.index.offsets[base] === undefined && this.#growing()) await this.#grown();
    let at = this.index.offsets[base] ?? this.index.bytes;
    const skip = record - base * INDEX_RECORDS;
    if (skip === 0) return at;
    for await (const chunk of this.#countedRecords(handle, at, skip)) at += chunk.length;
    return at;
  }

  /** The offset of a record when the index says it without a scan. */
  #knownOffset(record: number): number | undefined {
    const { records, bytes, offsets } = this.index;
    if (!this.#growing() && record >= records) return bytes;
    return record % INDEX_RECORDS === 0 ? offsets[record / INDEX_RECORDS] : undefined;
  }

  async *#readBytes(handle: FileHandle, start: number, end: number): AsyncGenerator<Uint8Array> {
    for (let at = start; at < end;) {
      const chunk = await readChunk(handle, at, Math.min(READ_BYTES, end - at));
      if (chunk.length === 0) throw new Error('the result file is shorter than its index says');
      at += chunk.length;
      yield chunk;
    }
  }

  /** Everything from an offset on, as it is written. */
  async *#rest(handle: FileHandle, start: number): AsyncGenerator<Uint8Array> {
    for (let at = start; ;) {
      const available = this.index.bytes - at;
      if (available > 0) {
        const chunk = await readChunk(handle, at, Math.min(READ_BYTES, available));
        at += chunk.length;
        yield chunk;
      } else if (this.#growing()) {
        await this.#grown();
      } else {
        return;
      }
    }
  }

  /** Scans for the end of the last record, waiting for what is not written yet. */
  async *#countedRecords(
    handle: FileHandle,
    start: number,
    count: number,
  ): AsyncGenerator<Uint8Array> {
    let at = start;
    let left = count;
    let quoted = false;
    while (left > 0) {
      const available = this.index.bytes - at;
      if (available === 0) {
        if (!this.#growing()) return;
        await this.#grown();
        continue;
      }
      const chunk = await readChunk(handle, at, Math.min(READ_BYTES, available));
      const found = findRecordEnd(chunk, left, { quoted });
      quoted = found.quoted;
      left -= found.ended;
      at += chunk.length;
      yield found.at === undefined ? chunk : chunk.subarray(0, found.at);
    }
  }

  #growing(): boolean {
    if (this.#failure !== undefined) {
      throw new Error('the results could not be written', { cause: this.#failure });
    }
    return this.#finished === undefined;
  }

  /** Resolves when something was written, or the writing ended. */
  async #grown(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

/**
 * The same bytes in fewer pieces: PostgreSQL sends 8 KB at a time, and a call to the disk for each was half of an export's
 * work. All pieces are the same memory: each is done with before the next one is asked for.
 */
async function* gathered(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const piece = Buffer.allocUnsafe(READ_BYTES);
  let filled = 0;
  for await (const chunk of chunks) {
    let taken = 0;
    while (taken < chunk.length) {
      const part = chunk.subarray(taken, taken + READ_BYTES - filled);
      piece.set(part, filled);
      taken += part.length;
      filled += part.length;
      if (filled < READ_BYTES) continue;
      yield piece;
      filled = 0;
    }
  }
  if (filled > 0) yield piece.subarray(0, filled);
}

async function readChunk(handle: FileHandle, at: number, length: number): Promise<Uint8Array> {
  const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(length), 0, length, at);
  return buffer.subarray(0, bytesRead);
}

function indexPath(path: string): string {
  return `${path}.index`;
}

function readPath(path: string): string {
  return `${path}.read`;
}

/** Notes that somebody is given a part of a result that is still being written. */
export async function markRead(path: string): Promise<void> {
  await writeFile(readPath(path), '', { mode: 0o600 });
}

const RESULTS = /^(\w{18})-results\.csv$/;

/** The jobs in a folder whose results were cut short before anybody asked for them. */
export async function unreadResults(folder: string): Promise<readonly string[]> {
  const names = new Set(await readdir(folder).catch(() => []));
  return [...names].flatMap((name) => {
    const id = RESULTS.exec(name)?.[1];
    return id === undefined || names.has(indexPath(name)) || names.has(readPath(name)) ? [] : [id];
  });
}

/** A result written earlier, perhaps by an earlier process; undefined when it was never finished. */
export async function findResultFile(path: string): Promise<ResultFile | undefined> {
  const text = await readFile(indexPath(path), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : new ResultFile(path, Index.parse(JSON.parse(text)));
}

export async function removeResultFile(path: string): Promise<void> {
  await rm(path, { force: true });
  await rm(indexPath(path), { force: true });
  await rm(readPath(path), { force: true });
}
