import type { Log } from '../../src/kit/log.ts';
import { RUNNING_JOBS_MAX } from './limits.ts';

type Work = (signal: AbortSignal) => Promise<void>;

/** Runs jobs in the order they come, a few at a time, until it is disposed of; then they are aborted and waited for. */
export class JobRunner implements AsyncDisposable {
  readonly #log: Log;
  readonly #waiting: { readonly id: string; readonly work: Work }[] = [];
  readonly #running = new Map<string, { abort: AbortController; ended: Promise<void> }>();
  #stopped = false;

  constructor(log: Log) {
    this.#log = log;
  }

  /** `work` says for itself how it ended; what it throws is a defect and is logged. */
  start(id: string, work: Work): void {
    if (this.#stopped) return;
    this.#waiting.push({ id, work });
    this.#next();
  }

  abort(id: string): void {
    const at = this.#waiting.findIndex((job) => job.id === id);
    if (at >= 0) this.#waiting.splice(at, 1);
    this.#running.get(id)?.abort.abort();
  }

  #next(): void {
    while (this.#running.size < RUNNING_JOBS_MAX) {
      const job = this.#waiting.shift();
      if (job === undefined) return;
      const abort = new AbortController();
      this.#running.set(job.id, { abort, ended: this.#run(job, abort.signal) });
    }
  }

  async #run(
    job: { readonly id: string; readonly work: Work },
    signal: AbortSignal,
  ): Promise<void> {
    try {
      await job.work(signal);
    } catch (error) {
      if (!signal.aborted) this.#log.error({ jobId: job.id, err: error }, 'bulk job broke off');
    } finally {
      this.#running.delete(job.id);
      if (!this.#stopped) this.#next();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    this.#waiting.length = 0;
    const running = [...this.#running.values()];
    for (const { abort } of running) abort.abort();
    await Promise.all(running.map(({ ended }) => ended));
  }
}
