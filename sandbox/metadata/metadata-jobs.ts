import { Loop } from '../../src/kit/loop.ts';
import type { Org } from '../org.ts';
import { runDeploy } from './deploy.ts';
import { claimJob } from './jobs.ts';
import { JOBS_BACKOFF, JOBS_SWEEP_MS } from './limits.ts';
import { runRetrieve } from './retrieve.ts';

/** Runs deploys and retrieves one after the other, as Salesforce does in an org; at the start those a crash left behind. */
export class MetadataJobs implements AsyncDisposable {
  readonly #loop: Loop;
  readonly #stop = new AbortController();
  readonly #stopped: Promise<void>;

  constructor(org: Org) {
    this.#loop = new Loop({
      name: 'metadata jobs',
      clock: org.clock,
      log: org.log,
      backoff: JOBS_BACKOFF,
      turn: async () => {
        const job = await claimJob(org.pool);
        if (job === undefined) return JOBS_SWEEP_MS;
        // One that was cancelled as the process died has ended by being claimed.
        if (job.state !== 'InProgress') return 0;
        if (job.kind === 'deploy') await runDeploy(org, job);
        else await runRetrieve(org, job);
        return 0;
      },
    });
    this.#stopped = this.#loop.run(this.#stop.signal);
  }

  /** There is a new job. */
  wake(): void {
    this.#loop.wake();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#stopped;
  }
}
