import type { Log } from '../../src/kit/log.ts';
import { RUNNING_JOBS_MAX } from './limits.ts';

type Work = (signal: AbortSignal) => Promise<void>;

/** Of the work in one lane only one piece runs at a time, in its order. */
interface Waiting {
  readonly id: string;
  readonly lane: string;
  readonly work: Work;
}

interface Running {
  readonly lane: string;
  readonly abort: AbortController;
  readonly ended: Promise<void>;
}

/** Runs jobs in the order they come, a few at a time, until it is disposed of; then they are aborted and waited for. */
export class JobRunner implements AsyncDisposable {
  readonly #log: Log;
  readonly #waiting: Waiting[] = [];
  readonly #running = new Map<string, Running>();
  #stopped = false;

  constructor(log: Log) {
    this.#log = log;
  }

  /** `work` says for itself how it ended; what it throws is a defect and is logged. */
  start(id: string, work: Work, lane = id): void {
    if (this.#stopped) return;
    this.#waiting.push({ id, lane, work });
    this.#next();
  }

  abort(id: string): void {
    const at = this.#waiting.findIndex((job) => job.id === id);
    if (at >= 0) this.#waiting.splice(at, 1);
    this.#running.get(id)?.abort.abort();
  }

  #next(): void {
    while (this.#running.size < RUNNING_JOBS_MAX) {
      const lanes = new Set([...this.#running.values()].map(({ lane }) => lane));
      const at = this.#waiting.findIndex(({ lane }) => !lanes.has(lane));
      const [job] = at < 0 ? [] : this.#waiting.splice(at, 1);
      if (job === undefined) return;
      const abort = new AbortController();
      const ended = this.#run(job, abort.signal);
      this.#running.set(job.id, { lane: job.lane, abort, ended });
    }
  }

  async #run(job: Pick<Waiting, 'id' | 'work'>, signal: AbortSignal): Promise<void> {
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
