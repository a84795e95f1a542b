import { Fault, messageOf } from '../kit/fault.ts';
import { Loop } from '../kit/loop.ts';
import { LEASE_MS, WORK_BACKOFF, WORK_POLL_MS } from '../limits.ts';
import type { Platform } from '../ports.ts';
import { claimSetup, restSetup, settleSetup, type Setup } from '../store/setups.ts';
import { setUpApp } from './setup-app.ts';

/** Sets apps up, each held by a lease, all that wait at once: most of the time they wait for a build or a provider. */
export class SetupLoop {
  readonly #platform: Platform;
  readonly #running = new Set<Promise<void>>();
  readonly #loop: Loop;

  constructor(platform: Platform) {
    this.#platform = platform;
    const { clock, log } = platform;
    this.#loop = new Loop({
      name: 'app setups',
      clock,
      log,
      backoff: WORK_BACKOFF,
      turn: async (signal) => this.#turn(signal),
    });
  }

  wake(): void {
    this.#loop.wake();
  }

  async run(signal: AbortSignal): Promise<void> {
    await this.#loop.run(signal);
    await Promise.all(this.#running);
  }

  async #turn(signal: AbortSignal): Promise<number> {
    for (;;) {
      const setup = await claimSetup(this.#platform.pool, LEASE_MS);
      if (setup === undefined) return WORK_POLL_MS;
      const work = runSetup(this.#platform, setup, signal)
        .catch((error: unknown) => {
          // The lease runs out and the setup is taken up again.
          this.#platform.log.error({ setupId: setup.id, err: error }, 'app setup broke off');
        })
        .finally(() => {
          this.#running.delete(work);
        });
      this.#running.add(work);
    }
  }
}

async function runSetup(platform: Platform, setup: Setup, signal: AbortSignal): Promise<void> {
  const { pool, clock, log } = platform;
  const ended = new AbortController();
  const renewing = (async () => {
    while (!ended.signal.aborted) {
      await clock.sleep(LEASE_MS / 3, ended.signal);
      if (ended.signal.aborted) return;
      await restSetup(pool, setup.id, LEASE_MS).catch((error: unknown) => {
        log.warn({ setupId: setup.id, err: error }, 'setup lease not renewed');
      });
    }
  })();
  try {
    const result = await setUpApp(platform, setup, signal);
    await settleSetup(pool, setup.id, result);
    log.info({ setupId: setup.id, appId: setup.app_id, status: result.status }, 'app setup ended');
  } catch (error) {
    if (signal.aborted) {
      await restSetup(pool, setup.id, 0);
      return;
    }
    if (!(error instanceof Fault)) throw error;
    await settleSetup(pool, setup.id, { status: 'failed', failureMessage: messageOf(error) });
  } finally {
    ended.abort();
    await renewing;
  }
}
