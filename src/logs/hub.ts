import { appendFile, mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import type { Clock } from '../kit/clock.ts';
import type { Log } from '../kit/log.ts';
import { LINES_KEPT_MAX, LINE_BYTES_MAX, LOG_FILE_BYTES_MAX } from './limits.ts';
import { formatLogLine, parseLogLine, type LogLine } from './log-line.ts';

export interface LogHubOptions {
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Log;
}

interface Message {
  readonly appId: string;
  readonly source: LogLine['source'];
  readonly process: string;
  /** One line or several. */
  readonly text: string;
}

type LogListener = (line: LogLine) => void;

/**
 * Where all lines of all apps come together: remembered (the last 1,500 of each app), written to bounded files so that a
 * restart shows them still, and passed on to who listens. Writing never waits and never fails.
 */
export interface LogHub extends AsyncDisposable {
  write(message: Message): void;
  /** The remembered lines, oldest first. */
  recent(appId: string): Promise<readonly LogLine[]>;
  /** Calls for each new line until disposed. */
  listen(appId: string, listener: LogListener): Disposable;
  /** Forgets an app's log. */
  remove(appId: string): Promise<void>;
}

export async function openLogHub(options: LogHubOptions): Promise<LogHub> {
  await mkdir(options.folder, { recursive: true, mode: 0o700 });
  return new Hub(options);
}

class Hub implements LogHub {
  readonly #options: LogHubOptions;
  readonly #apps = new Map<string, AppLog>();

  constructor(options: LogHubOptions) {
    this.#options = options;
  }

  write({ appId, source, process, text }: Message): void {
    const app = this.#app(appId);
    for (const part of text.split('\n')) {
      app.add(source, process, part.replaceAll(/[\r\0]/g, ' ').trimEnd());
    }
  }

  async recent(appId: string): Promise<readonly LogLine[]> {
    const app = this.#app(appId);
    await app.loaded;
    return app.lines.slice(-LINES_KEPT_MAX);
  }

  listen(appId: string, listener: LogListener): Disposable {
    const { listeners } = this.#app(appId);
    listeners.add(listener);
    return {
      [Symbol.dispose]: () => {
        listeners.delete(listener);
      },
    };
  }

  async remove(appId: string): Promise<void> {
    const app = this.#app(appId);
    this.#apps.delete(appId);
    await app.written;
    for (const file of [app.file, `${app.file}.1`]) await rm(file, { force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#apps.values()].map(({ written }) => written));
  }

  #app(appId: string): AppLog {
    const known = this.#apps.get(appId);
    if (known !== undefined) return known;
    const app = new AppLog(join(this.#options.folder, `${appId}.log`), this.#options);
    this.#apps.set(appId, app);
    return app;
  }
}

class AppLog {
  readonly file: string;
  readonly listeners = new Set<LogListener>();
  /** Resolves when the lines of earlier runs are there. */
  readonly loaded: Promise<void>;
  lines: LogLine[] = [];
  /** Resolves when what was added until now is in the file. */
  written: Promise<void> = Promise.resolve();
  readonly #options: LogHubOptions;
  #unwritten: string[] = [];
  #lastAt = 0;

  constructor(file: string, options: LogHubOptions) {
    this.file = file;
    this.#options = options;
    this.loaded = this.#load();
  }

  add(source: LogLine['source'], process: string, text: string): void {
    this.#lastAt = Math.max(this.#lastAt + 1, this.#options.clock.now() * 1_000);
    const line = { at: this.#lastAt, source, process, text: shorten(text) };
    this.lines.push(line);
    // Cut in strides: shifting 1,500 entries for each line would cost more than the line.
    if (this.lines.length > LINES_KEPT_MAX * 2) this.lines = this.lines.slice(-LINES_KEPT_MAX);
    for (const listener of this.listeners) listener(line);
    this.#unwritten.push(formatLogLine(line));
    if (this.#unwritten.length === 1) this.written = this.#write();
    // Nobody will ask for more than the last ones; a flood does not wait for the disk.
    if (this.#unwritten.length > LINES_KEPT_MAX * 2) {
      this.#unwritten = this.#unwritten.slice(-LINES_KEPT_MAX);
    }
  }

  async #load(): Promise<void> {
    const texts = await Promise.all(
      [`${this.file}.1`, this.file].map((file) => readFile(file, 'utf8').catch(() => '')),
    );
    const earlier = texts
      .join('')
      .split('\n')
      .flatMap((text) => parseLogLine(text) ?? []);
    this.lines.unshift(...earlier.slice(-LINES_KEPT_MAX));
    this.#lastAt = Math.max(this.#lastAt, earlier.at(-1)?.at ?? 0);
  }

  async #write(): Promise<void> {
    // What is added from here on must not be read back as an earlier run's.
    await this.loaded;
    while (this.#unwritten.length > 0) {
      const text = `${this.#unwritten.join('\n')}\n`;
      this.#unwritten = [];
      try {
        await appendFile(this.file, text, { mode: 0o600 });
        const { size } = await stat(this.file);
        if (size > LOG_FILE_BYTES_MAX) await rename(this.file, `${this.file}.1`);
      } catch (error) {
        this.#options.log.warn(
          { file: this.file, err: error },
          'lines of an app were not written down',
        );
      }
    }
  }
}

/** Cut at 10,000 bytes, and not within a character. */
function shorten(text: string): string {
  if (text.length * 3 <= LINE_BYTES_MAX || Buffer.byteLength(text) <= LINE_BYTES_MAX) return text;
  return Buffer.from(text)
    .subarray(0, LINE_BYTES_MAX)
    .toString('utf8')
    .replace(/\uFFFD+$/, '');
}
