import { join } from 'node:path';

import type { Authority } from '../kit/authority.ts';
import type { Clock } from '../kit/clock.ts';
import type { Log } from '../kit/log.ts';
import { openLogHub, type LogHub } from '../logs/hub.ts';
import { prepareRouter } from '../router/router.ts';
import type { PortRange } from './dyno-ports.ts';
import { openProcessDriver } from './drivers/process.ts';
import { DYNO_TIMES, SHUTDOWN_GRACE_MS, type DynoTimes } from './limits.ts';
import { Manager } from './manager.ts';
import type { RuntimeStore } from './ports.ts';

export interface RuntimeOptions {
  readonly store: RuntimeStore;
  readonly clock: Clock;
  readonly log: Log;
  /** $LANDBRIDGE_HOME: dynos/ and logs/. */
  readonly home: string;
  /** The address the router listens at. */
  readonly host: string;
  readonly appsPort: number;
  /** The TLS port of the router and who makes its certificates; none without. */
  readonly secure: { readonly port: number; readonly authority: Authority } | undefined;
  readonly baseDomains: readonly string[];
  readonly dynoPorts: PortRange;
  /** Whether dynos end with the platform (a person's Ctrl-C) or run on and are adopted by its next start. */
  readonly dynosAtEnd: 'stop' | 'keep';
  readonly times?: DynoTimes;
}

export interface Runtime extends AsyncDisposable {
  readonly hub: LogHub;
  readonly appsPort: number;
  readonly appsTlsPort: number | undefined;
  /** Whether dynos are looked after: the database answers and what was left was adopted. */
  readonly healthy: boolean;
  /** Looks at the database now. NOTIFY does the same. */
  wake(): void;
}

/** Starts everything that runs apps: log hub, driver, router and dyno manager. */
export async function startRuntime(options: RuntimeOptions): Promise<Runtime> {
  const { store, clock, log, home } = options;
  await using opened = new AsyncDisposableStack();
  const hub = opened.use(await openLogHub({ folder: join(home, 'logs'), clock, log }));
  const driver = opened.use(await openProcessDriver({ home, clock, log }));
  const router = prepareRouter({
    host: options.host,
    port: options.appsPort,
    secure: options.secure,
    clock,
    log,
    tell: (appId, text) => {
      hub.write({ appId, source: 'heroku', process: 'router', text });
    },
  });
  const { dynoPorts: ports, baseDomains, times = DYNO_TIMES } = options;
  const manager = opened.use(
    new Manager({
      store,
      driver,
      traffic: router,
      voice: hub,
      clock,
      log,
      ports,
      baseDomains,
      times,
    }),
  );
  // At the end, from below: no more plans, no more hints, no more requests, and then the dynos.
  opened.defer(async () => {
    if (options.dynosAtEnd === 'stop') await manager.stopAll(SHUTDOWN_GRACE_MS);
  });
  opened.use(router);
  opened.use(
    await store.listen(() => {
      manager.wake();
    }),
  );
  const stop = new AbortController();
  const running = manager.run(stop.signal);
  opened.defer(async () => {
    stop.abort();
    await running;
  });
  // Its first table is that of what was adopted: nobody is told that an app which runs does not exist.
  await manager.adopted;
  await router.start();
  const resources = opened.move();
  return {
    hub,
    appsPort: router.port,
    appsTlsPort: router.securePort,
    get healthy() {
      return manager.healthy;
    },
    wake: () => {
      manager.wake();
    },
    async [Symbol.asyncDispose]() {
      await resources.disposeAsync();
    },
  };
}
