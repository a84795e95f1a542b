import { execFile } from 'node:child_process';
import { watch, type FSWatcher } from 'node:fs';
import { open, readFile, rename, truncate, writeFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

import type { Clock } from '../../kit/clock.ts';
import type { LogBatch } from '../driver.ts';
import {
  LOG_BACKLOG_BYTES_MAX,
  LOG_FREE_BYTES,
  LOG_LINE_BYTES_MAX,
  LOG_POLL_MS,
  LOG_READ_BYTES,
} from '../limits.ts';

const NEWLINE = 10;

export interface LogFileOptions {
  readonly folder: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Aborted when the dyno has ended: what is in the file then is all there will be. */
  readonly ended: AbortSignal;
}

/**
 * Reads a dyno's output while it is written. The dyno appends to a plain file, so it neither waits for us nor loses a
 * line while we are away. What was read is given back to the file system by punching a hole: offsets only grow, and
 * no line falls between a copy and a truncation.
 */
export async function* readLogFile(options: LogFileOptions): AsyncGenerator<LogBatch> {
  const { folder, clock, signal, ended } = options;
  await using handle = await open(join(folder, 'log'), 'r');
  const position = await readPosition(folder);
  let { offset } = position;
  let { freed } = position;
  using bell = new ChangeBell(join(folder, 'log'));
  while (!signal.aborted) {
    bell.quiet();
    // Asked before reading: what was written before the end is then read for certain.
    const last = ended.aborted;
    const { size } = await handle.stat();
    // Emptied, and then we were killed before that was written down.
    if (offset > size) offset = freed = 0;
    const droppedBytes = Math.max(0, size - offset - LOG_BACKLOG_BYTES_MAX);
    offset += droppedBytes;
    const read = await readAt(handle, offset);
    const { lines, bytes } = cut(read, last && offset + read.length >= size);
    if (lines.length > 0 || droppedBytes > 0) {
      yield { lines, droppedBytes };
      offset += bytes;
      if (offset - freed >= LOG_FREE_BYTES) freed = await free(folder, offset, size);
      if (freed > offset) offset = freed = 0;
      await writePosition(folder, { offset, freed });
      continue;
    }
    if (last) return;
    await bell.rung(clock, AbortSignal.any([signal, ended]));
  }
}

async function readAt(handle: FileHandle, offset: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(LOG_READ_BYTES);
  const { bytesRead } = await handle.read(buffer, 0, buffer.length, offset);
  return buffer.subarray(0, bytesRead);
}

/** Whole lines, long ones cut; at the end also the last one that was never finished. */
function cut(buffer: Buffer, last: boolean): { lines: readonly string[]; bytes: number } {
  const lines: string[] = [];
  let from = 0;
  while (from < buffer.length) {
    const newline = buffer.indexOf(NEWLINE, from);
    const end = newline === -1 ? buffer.length : newline;
    if (end - from > LOG_LINE_BYTES_MAX) {
      const to = characterStart(buffer, from + LOG_LINE_BYTES_MAX);
      lines.push(buffer.toString('utf8', from, to));
      from = to;
      continue;
    }
    if (newline === -1 && !last) break;
    lines.push(buffer.toString('utf8', from, end).replace(/\r$/, ''));
    from = newline === -1 ? end : newline + 1;
  }
  return { lines, bytes: from };
}

/** Moves back to where a UTF-8 character begins. */
function characterStart(buffer: Buffer, at: number): number {
  let start = at;
  while (start > at - 4 && ((buffer[start] ?? 0) & 0xc0) === 0x80) start -= 1;
  return start;
}

/** Rings when the file has changed since `quiet`. A missed event costs one poll. */
class ChangeBell {
  readonly #watcher: FSWatcher | undefined;
  #changed = false;
  #rest: AbortController | undefined;

  constructor(file: string) {
    this.#watcher = watchIfPossible(file);
    this.#watcher?.on('error', () => undefined);
    this.#watcher?.on('change', () => {
      this.#changed = true;
      this.#rest?.abort();
    });
  }

  quiet(): void {
    this.#changed = false;
  }

  async rung(clock: Clock, signal: AbortSignal): Promise<void> {
    if (this.#changed) return;
    this.#rest = new AbortController();
    await clock.sleep(LOG_POLL_MS, AbortSignal.any([signal, this.#rest.signal]));
    this.#rest = undefined;
  }

  [Symbol.dispose](): void {
    this.#watcher?.close();
  }
}

/** A machine watches only so many files; those above that are looked at once a second. */
function watchIfPossible(file: string): FSWatcher | undefined {
  try {
    return watch(file, { persistent: false });
  } catch {
    return undefined;
  }
}

interface Position {
  readonly offset: number;
  /** Up to where the file's bytes were given back. */
  readonly freed: number;
}

async function readPosition(folder: string): Promise<Position> {
  const text = await readFile(join(folder, 'log.read'), 'utf8').catch(() => '');
  const [offset, freed] = text.split(' ').map(Number);
  return { offset: offset ?? 0, freed: freed ?? 0 };
}

async function writePosition(folder: string, { offset, freed }: Position): Promise<void> {
  const fresh = join(folder, 'log.read.new');
  await writeFile(fresh, `${offset} ${freed}`);
  await rename(fresh, join(folder, 'log.read'));
}

/**
 * Frees what was read. Where holes cannot be made (not Linux, an old file system) the file is emptied instead once all
 * of it was read, which can lose a line that is written in that moment: `Infinity` says so to the caller.
 */
async function free(folder: string, offset: number, size: number): Promise<number> {
  const file = join(folder, 'log');
  const punched = await new Promise<boolean>((resolve) => {
    const argv = ['--punch-hole', '--offset', '0', '--length', String(offset), file];
    execFile('/usr/bin/fallocate', argv, (error) => {
      resolve(error === null);
    });
  });
  if (punched) return offset;
  if (offset < size) return 0;
  await truncate(file, 0);
  return Number.POSITIVE_INFINITY;
}
