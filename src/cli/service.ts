import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { rename, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { backoffMs } from '../kit/backoff.ts';
import { systemClock } from '../kit/clock.ts';
import { fault } from './faults.ts';
import type { RunRecord } from './home.ts';

const READY_TIMEOUT_MS = 60_000;
const READY_POLL_MS = 50;
/** A service is given its own ten seconds to stop, and a little more. */
const STOP_TIMEOUT_MS = 45_000;
const RESTART = { firstMs: 500, maxMs: 15_000 };
/** A service that ran this long was well; its next failure is the first again. */
const HEALTHY_AFTER_MS = 60_000;
/** A log this large is put aside at the next start; one older is kept. */
const LOG_BYTES_MAX = 20_000_000;
const LAST_LINES = 15;

export interface ServiceOptions {
  readonly name: string;
  /** The program, from the project's root. */
  readonly program: string;
  /** How Node runs it. */
  readonly nodeFlags?: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly healthUrl: string;
  /** `healthy`: its health answers 200. `answers`: it answers at all, since its health also speaks of what comes later. */
  readonly readyWhen: 'healthy' | 'answers';
  readonly root: string;
  readonly home: string;
  readonly run: RunRecord;
  /** Called when it ended without being told to. */
  onCrash(said: string): void;
}

/** A service as a process of its own: started, awaited, started again when it dies, stopped in order. */
export class Service {
  readonly #options: ServiceOptions;
  #child: ChildProcess | undefined;
  #stopping = false;
  #failures = 0;
  readonly #said: string[] = [];

  constructor(options: ServiceOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const log = await this.#openLog();
    await this.#spawn(log);
    await this.#ready();
  }

  /** SIGTERM, then, when it does not end, SIGKILL. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const child = this.#child;
    if (child === undefined || ended(child)) return;
    const patience = new AbortController();
    const exit = once(child, 'exit');
    child.kill('SIGTERM');
    await Promise.race([exit, systemClock.sleep(STOP_TIMEOUT_MS, patience.signal)]);
    patience.abort();
    if (!ended(child)) {
      child.kill('SIGKILL');
      await exit;
    }
  }

  async #spawn(log: WriteStream): Promise<void> {
    const { program, nodeFlags = [], environment, root, run } = this.#options;
    const startedAt = systemClock.now();
    const child = spawn(process.execPath, [...nodeFlags, join(root, program)], {
      cwd: root,
      env: environment,
      // Its own process group: Ctrl-C at the terminal reaches only us, and we stop everything in order.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text: string) => {
        log.write(text);
        this.#remember(text);
      });
    }
    // Heard from the first moment on: a process may die before its number is written down.
    child.once('exit', () => {
      void this.#exited(child, log, startedAt);
    });
    if (child.pid !== undefined) await run.add(child.pid);
  }

  async #exited(child: ChildProcess, log: WriteStream, startedAt: number): Promise<void> {
    const { onCrash, run } = this.#options;
    if (child.pid !== undefined) await run.remove(child.pid);
    if (this.#stopping) {
      log.end();
      return;
    }
    this.#failures = systemClock.now() - startedAt > HEALTHY_AFTER_MS ? 1 : this.#failures + 1;
    onCrash(this.#lastWords());
    await systemClock.sleep(backoffMs(this.#failures, RESTART));
    if (!this.#isStopping()) await this.#spawn(log);
  }

  #isStopping(): boolean {
    return this.#stopping;
  }

  async #ready(): Promise<void> {
    const { name, healthUrl, readyWhen } = this.#options;
    const deadline = systemClock.now() + READY_TIMEOUT_MS;
    while (systemClock.now() < deadline) {
      if (this.#child === undefined || ended(this.#child)) {
        this.#stopping = true;
        throw fault('SERVICE_FAILED', this.#lastWords());
      }
      const answer = await fetch(healthUrl, { signal: AbortSignal.timeout(5_000) }).catch(
        () => undefined,
      );
      await answer?.body?.cancel();
      if (answer?.ok === true || (answer !== undefined && readyWhen === 'answers')) return;
      await systemClock.sleep(READY_POLL_MS);
    }
    throw fault(
      'SERVICE_FAILED',
      `The service ${name} did not become ready in ${READY_TIMEOUT_MS / 1_000} s. It said:\n${this.#lastWords()}`,
    );
  }

  #remember(text: string): void {
    this.#said.push(...text.split('\n').filter((line) => line !== ''));
    this.#said.splice(0, this.#said.length - LAST_LINES);
  }

  #lastWords(): string {
    const plain = this.#said.filter((line) => !line.startsWith('{"level":"info"'));
    return (plain.length > 0 ? plain : this.#said).join('\n');
  }

  async #openLog(): Promise<WriteStream> {
    const file = join(this.#options.home, 'logs', `${this.#options.name}.log`);
    const size = await stat(file).then(
      (found) => found.size,
      () => 0,
    );
    if (size > LOG_BYTES_MAX) await rename(file, `${file}.1`);
    return createWriteStream(file, { flags: 'a', mode: 0o600 });
  }
}

function ended(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
