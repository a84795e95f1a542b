import { randomUUID } from 'node:crypto';

import { isRunning } from '../core/dyno-state.ts';
import { planFormation, WEB, type Plan, type Wanted } from '../core/formation.ts';
import { buildRoutingTable } from '../core/routing-table.ts';
import type { Clock } from '../kit/clock.ts';
import type { Log } from '../kit/log.ts';
import { Loop } from '../kit/loop.ts';
import type { DynoDriver } from './driver.ts';
import { findFreePort, type PortRange } from './dyno-ports.ts';
import { DynoLife, type LifeOptions } from './life.ts';
import {
  CYCLE_JITTER_MS,
  CYCLE_MS,
  ONE_OFF_KEPT_MS,
  RECONCILE_BACKOFF,
  RECONCILE_MS,
  SAVE_AT_END_MS,
  STARTS_AT_ONCE,
  type DynoTimes,
} from './limits.ts';
import type { DesiredApp, DynoRow, RuntimeStore, Traffic, Voice } from './ports.ts';
import { Turnstile } from './turnstile.ts';

export interface ManagerOptions {
  readonly store: RuntimeStore;
  readonly driver: DynoDriver;
  readonly traffic: Traffic;
  readonly voice: Voice;
  readonly clock: Clock;
  readonly log: Log;
  readonly ports: PortRange;
  /** `localhost`: the app `shop` answers at shop.localhost. */
  readonly baseDomains: readonly string[];
  readonly times: DynoTimes;
}

/**
 * Makes what runs equal to what should run, again and again.
 *
 * Desired state is in Postgres, observed state comes from the driver; this class remembers nothing that it could not learn
 * from the two again. A row is written before its dyno is started, so of every dyno there is a row: after a crash a
 * row without a dyno is a start that did not happen (planned anew), and a dyno without a row belongs to
 * an app that was destroyed (stopped). With the database away, dynos run on, are routed to, and crashes are seen; what
 * happened is written down when it is back.
 */
export class Manager {
  readonly #options: ManagerOptions;
  readonly #lives = new Map<string, DynoLife>();
  readonly #life: LifeOptions;
  readonly #tasks = new Set<Promise<void>>();
  readonly #planning: Loop;
  readonly #weighing: Loop;
  readonly #letGo = new AbortController();
  readonly #adoption = Promise.withResolvers<void>();
  #apps: readonly DesiredApp[] = [];
  #adopted = false;

  constructor(options: ManagerOptions) {
    this.#options = options;
    this.#life = {
      ...options,
      starts: new Turnstile(STARTS_AT_ONCE),
      signal: this.#letGo.signal,
      onChange: () => {
        this.#route();
        this.wake();
      },
      onOver: ({ row }) => this.#lives.delete(row.id),
    };
    const { clock, log } = options;
    const common = { clock, log, backoff: RECONCILE_BACKOFF };
    this.#planning = new Loop({ ...common, name: 'dynos', turn: async () => this.#turn() });
    this.#weighing = new Loop({ ...common, name: 'memory', turn: async () => this.#weigh() });
  }

  /** Resolves when what was left has been taken over and the router knows it. */
  get adopted(): Promise<void> {
    return this.#adoption.promise;
  }

  /** Whether the last look at the database went well. */
  get healthy(): boolean {
    return this.#adopted && this.#planning.failures === 0;
  }

  /** Looks again, now. */
  wake(): void {
    this.#planning.wake();
  }

  /** Reconciles until told to stop; dynos run on. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#planning.run(signal), this.#weighing.run(signal)]);
  }

  /** Stops every dyno, for an end of the platform that leaves nothing behind. Call when `run` has ended. */
  async stopAll(graceMs: number): Promise<void> {
    const lives = [...this.#lives.values()];
    await Promise.all(lives.map(async (life) => life.stop('shut down', graceMs)));
    // A database that is away does not hold up the end: rows without dynos are planned anew at the next start.
    const settled = new AbortController();
    await Promise.race([
      this.#settled(lives),
      this.#options.clock.sleep(SAVE_AT_END_MS, settled.signal),
    ]);
    settled.abort();
  }

  /** Lets go of everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#letGo.abort();
    await Promise.all(this.#tasks);
  }

  async #turn(): Promise<number> {
    const { store, clock, log } = this.#options;
    if (!this.#adopted) await this.#adopt();
    // The rows first: a dyno is inserted for a release that was there before.
    const rows = await store.listDynos();
    this.#apps = await store.listDesired();
    await this.#learn(rows);
    this.#route();
    this.#adoption.resolve();
    let nextAt = clock.now() + RECONCILE_MS;
    for (const app of this.#apps) {
      const plan = this.#plan(app);
      nextAt = Math.min(nextAt, plan.nextAt);
      // One app that cannot be served does not hold up the others.
      await this.#carryOut(app, plan).catch((error: unknown) => {
        log.error({ appId: app.id, err: error }, 'the formation of an app could not be reached');
      });
    }
    await store.forgetOneOffs(clock.now() - ONE_OFF_KEPT_MS);
    this.#route();
    return Math.max(1, nextAt - clock.now());
  }

  /**
   * Takes over what an earlier process of ours left: what it started, what ended since, and what it was about to do. All
   * that can fail comes first; a second try after a failure finds nothing half adopted.
   */
  async #adopt(): Promise<void> {
    const { store, driver, log } = this.#options;
    const rows = await store.listDynos();
    const observed = new Map((await driver.list()).map((dyno) => [dyno.id, dyno]));
    for (const row of rows) {
      const there = observed.delete(row.id);
      if (isRunning(row.state) && there) {
        const life = this.#keep(row);
        this.#task(life.follow());
      } else if (!isRunning(row.state) && !row.oneOff) {
        this.#keep(row);
        if (there) this.#task(driver.remove(row.id));
      }
      // A row without its dyno is unknown to `#learn`, which starts a one-off and drops the others.
    }
    for (const { id, name } of observed.values()) {
      log.warn({ dynoId: id, name }, 'a dyno that nobody knows is stopped');
      this.#task(driver.stop(id, 0).then(async () => driver.remove(id)));
    }
    this.#adopted = true;
    log.info({ dynos: this.#lives.size }, 'dynos were adopted');
  }

  /** What people asked for since the last look, one-off dynos among it, and what is gone. */
  async #learn(rows: readonly DynoRow[]): Promise<void> {
    const { store, clock, times } = this.#options;
    const ids = new Set(rows.map(({ id }) => id));
    const destroyed = new Set(this.#apps.flatMap(({ id, destroying }) => (destroying ? id : [])));
    for (const row of rows) {
      const life = this.#lives.get(row.id);
      if (life !== undefined) {
        life.row = { ...life.row, asked: row.asked };
        // Not before it is seen to be written down: else a row read a moment ago would start it again.
        if (row.oneOff && row.state === 'down') this.#lives.delete(row.id);
      } else if (!row.oneOff) {
        // Of an insert whose answer was lost, or of a dyno that is over and whose row is about to go.
        await store.deleteDyno(row.id);
      } else if (row.state === 'starting') {
        this.#task(this.#keep(row).launch());
      }
    }
    for (const life of this.#lives.values()) {
      const { id, oneOff, asked, cycleAt, appId, state } = life.row;
      const over = asked !== undefined || cycleAt <= clock.now() || destroyed.has(appId);
      if (oneOff && over) void life.stop('one-off', times.stopGraceMs);
      // Its app was destroyed, and the row with it.
      if (!ids.has(id)) void life.stop('scaled down', times.stopGraceMs);
      if (!ids.has(id) && !isRunning(state)) this.#lives.delete(id);
    }
  }

  #plan(app: DesiredApp): Plan {
    const { releaseId } = app;
    const wanted: readonly Wanted[] =
      releaseId === undefined
        ? []
        : app.formation.map(({ type, quantity, size }) => ({ type, quantity, size, releaseId }));
    const rows = this.#rows().filter(({ appId, oneOff }) => appId === app.id && !oneOff);
    return planFormation(wanted, rows, this.#options.clock.now());
  }

  async #carryOut(app: DesiredApp, plan: Plan): Promise<void> {
    const { times } = this.#options;
    for (const { id, reason } of plan.stop) {
      void this.#lives.get(id)?.stop(reason, times.stopGraceMs);
    }
    for (const id of plan.forget) this.#lives.get(id)?.forget();
    for (const start of plan.start) await this.#begin(app, start);
  }

  async #begin(app: DesiredApp, { wanted, number, crashes }: Plan['start'][number]): Promise<void> {
    const { store, clock, ports } = this.#options;
    const command = app.formation.find(({ type }) => type === wanted.type)?.command;
    if (command === undefined) return;
    const taken = new Set(this.#rows().flatMap(({ port }) => port ?? []));
    const now = clock.now();
    const row: DynoRow = {
      id: randomUUID(),
      appId: app.id,
      releaseId: wanted.releaseId,
      releaseVersion: app.releaseVersion,
      type: wanted.type,
      number,
      name: `${wanted.type}.${number}`,
      size: wanted.size,
      command,
      state: 'starting',
      port: wanted.type === WEB ? await findFreePort(ports, taken) : undefined,
      asked: undefined,
      oneOff: false,
      crashes,
      startAfter: 0,
      cycleAt: now + CYCLE_MS + Math.floor(Math.random() * CYCLE_JITTER_MS),
      startedAt: now,
      exitCode: undefined,
    };
    // Written before it is started. When we are killed in between, no dyno is there without a row.
    await store.insertDyno(row);
    const life = this.#keep(row);
    if (crashes > 0) life.say('State changed from crashed to starting');
    this.#task(life.launch());
  }

  async #weigh(): Promise<number> {
    for (const life of this.#lives.values()) await life.weigh();
    return this.#options.times.memorySampleMs;
  }

  #keep(row: DynoRow): DynoLife {
    const life = new DynoLife(row, this.#life);
    this.#lives.set(row.id, life);
    return life;
  }

  #rows(): readonly DynoRow[] {
    return [...this.#lives.values()].map(({ row }) => row);
  }

  #route(): void {
    const { traffic, baseDomains } = this.#options;
    const apps = this.#apps.map(({ id, name, maintenance, releaseId, formation }) => ({
      id,
      name,
      maintenance,
      released: releaseId !== undefined,
      web: formation.find(({ type }) => type === WEB)?.quantity ?? 0,
    }));
    const dynos = [...this.#lives.values()].flatMap(({ row, routed }) =>
      row.oneOff ? [] : routed,
    );
    traffic.update(buildRoutingTable(apps, dynos, baseDomains));
  }

  /** Resolves when nothing is under way any more and all is written down. */
  async #settled(lives: readonly DynoLife[]): Promise<void> {
    await Promise.all(this.#tasks);
    await Promise.all(lives.map(async (life) => life.settled()));
  }

  /** Work in the background that the end waits for. It tells its own failures. */
  #task(work: Promise<void>): void {
    const told = work.catch((error: unknown) => {
      this.#options.log.error({ err: error }, 'looking after a dyno failed');
    });
    this.#tasks.add(told);
    void told.finally(() => this.#tasks.delete(told));
  }
}
