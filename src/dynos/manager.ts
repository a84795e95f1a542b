import { randomUUID } from 'node:crypto';

import { isRunning, nextDynoState, type DynoEvent } from '../core/dyno-state.ts';
import { planFormation, WEB, type Plan, type StopReason, type Wanted } from '../core/formation.ts';
import { buildRoutingTable } from '../core/routing-table.ts';
import { backoffMs } from '../kit/backoff.ts';
import type { Clock } from '../kit/clock.ts';
import { messageOf } from '../kit/fault.ts';
import type { Log } from '../kit/log.ts';
import { Loop } from '../kit/loop.ts';
import type { DynoDriver, DynoExit } from './driver.ts';
import { findFreePort, listensOn, type PortRange } from './dyno-ports.ts';
import {
  BOOT_TIMEOUT_MS,
  CRASH_BACKOFF,
  CRASH_FORGIVEN_AFTER_MS,
  CYCLE_JITTER_MS,
  CYCLE_MS,
  DRAIN_MS,
  ONE_OFF_KEPT_MS,
  RECONCILE_BACKOFF,
  RECONCILE_MS,
  SAVE_AT_END_MS,
  STOP_GRACE_MS,
} from './limits.ts';
import type { DesiredApp, DynoRow, RuntimeStore, Traffic, Voice } from './ports.ts';

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
  readonly bootTimeoutMs?: number;
  readonly stopGraceMs?: number;
}

/** One start that this process looks after. The row is what is written down of it. */
interface Start {
  row: DynoRow;
  /** Set once it was told to stop. */
  stopping: Promise<void> | undefined;
  /** Resolves when the driver has started it, or could not. */
  launched: Promise<void>;
  /** The writing of its row, one after the other. */
  saved: Promise<void>;
  readonly gone: AbortController;
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
  readonly #starts = new Map<string, Start>();
  readonly #tasks = new Set<Promise<void>>();
  readonly #loop: Loop;
  readonly #stopped = new AbortController();
  #apps: readonly DesiredApp[] = [];
  readonly #adoption = Promise.withResolvers<void>();
  #adopted = false;

  constructor(options: ManagerOptions) {
    this.#options = options;
    this.#loop = new Loop({
      name: 'dynos',
      clock: options.clock,
      log: options.log,
      backoff: RECONCILE_BACKOFF,
      turn: async () => this.#turn(),
    });
  }

  /** Resolves when what was left has been taken over and the router knows it. */
  get adopted(): Promise<void> {
    return this.#adoption.promise;
  }

  /** Whether the last look at the database went well. */
  get healthy(): boolean {
    return this.#adopted && this.#loop.failures === 0;
  }

  /** Looks again, now. */
  wake(): void {
    this.#loop.wake();
  }

  /** Reconciles until told to stop; dynos run on. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#loop.run(signal);
  }

  /** Stops every dyno, for an end of the platform that leaves nothing behind. Call when `run` has ended. */
  async stopAll(graceMs: number): Promise<void> {
    const running = [...this.#starts.values()].filter(({ row }) => isRunning(row.state));
    await Promise.all(running.map(async (start) => this.#stop(start, 'shut down', graceMs)));
    // A database that is away does not hold up the end: rows without dynos are planned anew at the next start.
    await Promise.race([Promise.all(this.#tasks), this.#options.clock.sleep(SAVE_AT_END_MS)]);
  }

  /** Lets go of everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped.abort();
    await Promise.allSettled(this.#tasks);
  }

  async #turn(): Promise<number> {
    const { store, clock } = this.#options;
    if (!this.#adopted) await this.#adopt();
    // The rows first: a dyno is inserted for a release that was there before.
    const rows = await store.listDynos();
    this.#apps = await store.listDesired();
    this.#learn(rows);
    this.#route();
    this.#adoption.resolve();
    let nextAt = clock.now() + RECONCILE_MS;
    for (const app of this.#apps) {
      const plan = this.#plan(app);
      nextAt = Math.min(nextAt, plan.nextAt);
      await this.#carryOut(app, plan);
    }
    await store.forgetOneOffs(clock.now() - ONE_OFF_KEPT_MS);
    this.#route();
    return Math.max(1, nextAt - clock.now());
  }

  /** Takes over what an earlier process of ours left: what it started, what ended since, and what it was about to do. */
  async #adopt(): Promise<void> {
    const { store, driver, log } = this.#options;
    const rows = await store.listDynos();
    const observed = new Map((await driver.list()).map((dyno) => [dyno.id, dyno]));
    for (const row of rows) {
      const known = observed.has(row.id);
      observed.delete(row.id);
      if (row.oneOff && row.state === 'down') continue;
      if (isRunning(row.state) && !known && !row.oneOff) {
        await store.deleteDyno(row.id);
        continue;
      }
      const start = this.#keep(row);
      if (!isRunning(row.state)) {
        if (known) await driver.remove(row.id);
      } else if (known) {
        void this.#task(this.#follow(start));
        if (row.state === 'stopping') void this.#stop(start, 'replaced', this.#graceMs);
      } else {
        void this.#task(this.#launch(start));
      }
    }
    for (const { id, name } of observed.values()) {
      log.warn({ dynoId: id, name }, 'a dyno without an app was stopped');
      await driver.stop(id, 0);
      await driver.remove(id);
    }
    this.#adopted = true;
    log.info({ dynos: this.#starts.size }, 'dynos were adopted');
  }

  /** What people asked for since the last look, one-off dynos among it. */
  #learn(rows: readonly DynoRow[]): void {
    const ids = new Set(rows.map(({ id }) => id));
    for (const row of rows) {
      const start = this.#starts.get(row.id);
      if (start !== undefined) {
        start.row = { ...start.row, asked: row.asked };
        // Not before it is seen to be written down: else a row read a moment ago would start it again.
        if (row.oneOff && row.state === 'down') this.#starts.delete(row.id);
      } else if (row.oneOff && row.state === 'starting') {
        void this.#task(this.#launch(this.#keep(row)));
      }
    }
    const destroyed = new Set(this.#apps.flatMap(({ id, destroying }) => (destroying ? id : [])));
    for (const start of this.#starts.values()) {
      const { row } = start;
      const over = row.asked !== undefined || row.cycleAt <= this.#options.clock.now();
      if (row.oneOff && (over || destroyed.has(row.appId))) {
        void this.#stop(start, 'asked', this.#graceMs);
      }
      // Its app was destroyed, and the row with it.
      if (!ids.has(row.id)) void this.#stop(start, 'scaled down', this.#graceMs);
    }
  }

  #plan(app: DesiredApp): Plan {
    const { releaseId } = app;
    const wanted: readonly Wanted[] =
      releaseId === undefined
        ? []
        : app.formation.map(({ type, quantity, size }) => ({ type, quantity, size, releaseId }));
    const slots = [...this.#starts.values()].filter(
      ({ row }) => row.appId === app.id && !row.oneOff,
    );
    return planFormation(
      wanted,
      slots.map(({ row }) => row),
      this.#options.clock.now(),
    );
  }

  async #carryOut(app: DesiredApp, plan: Plan): Promise<void> {
    for (const { id, reason } of plan.stop) {
      const start = this.#starts.get(id);
      if (start !== undefined) void this.#stop(start, reason, this.#graceMs);
    }
    for (const id of plan.forget) await this.#forget(id);
    for (const { wanted, number, crashes } of plan.start) {
      const command = app.formation.find(({ type }) => type === wanted.type)?.command;
      if (command !== undefined) await this.#begin({ app, wanted, number, crashes, command });
    }
  }

  async #begin(slot: {
    readonly app: DesiredApp;
    readonly wanted: Wanted;
    readonly number: number;
    readonly crashes: number;
    readonly command: string;
  }): Promise<void> {
    const { store, clock, ports } = this.#options;
    const { app, wanted, number, crashes, command } = slot;
    const taken = new Set([...this.#starts.values()].flatMap(({ row }) => row.port ?? []));
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
    await store.insertDyno(row);
    if (crashes > 0) this.#say(row, 'State changed from crashed to starting');
    void this.#task(this.#launch(this.#keep(row)));
  }

  #keep(row: DynoRow): Start {
    const start: Start = {
      row,
      stopping: undefined,
      launched: Promise.resolve(),
      saved: Promise.resolve(),
      gone: new AbortController(),
    };
    this.#starts.set(row.id, start);
    return start;
  }

  async #launch(start: Start): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    start.launched = promise;
    const running = await this.#hand(start);
    resolve();
    if (running) await this.#follow(start);
    else await this.#ended(start, { status: 1, killed: false });
  }

  /** Hands the dyno to the driver. A failure is the app's to know and the operator's. */
  async #hand(start: Start): Promise<boolean> {
    const { store, driver, log } = this.#options;
    const { row } = start;
    try {
      const plan = await store.findLaunchPlan(row);
      if (plan === undefined) throw new Error('its release has no slug');
      this.#say(row, `Starting process with command \`${row.command}\``);
      await driver.start({
        ...plan,
        id: row.id,
        appId: row.appId,
        name: row.name,
        releaseVersion: row.releaseVersion,
        command: row.command,
        port: row.port,
        environment: { ...plan.environment, DYNO: row.name },
      });
    } catch (error) {
      log.error({ dynoId: row.id, appId: row.appId, err: error }, 'a dyno could not be started');
      this.#say(row, `Process could not be started: ${messageOf(error)}`);
      return false;
    }
    return true;
  }

  /** Looks after a dyno from wherever it is to its end. */
  async #follow(start: Start): Promise<void> {
    const { driver } = this.#options;
    const { signal } = this.#stopped;
    const { id } = start.row;
    const pumping = this.#pump(start);
    const booting = this.#boot(start);
    const exit = await driver.ended(id, signal);
    start.gone.abort();
    await booting;
    await pumping;
    if (exit === undefined || signal.aborted) return;
    await this.#ended(start, exit);
  }

  /** Waits for the dyno's port, or kills it when that takes too long (R10). */
  async #boot(start: Start): Promise<void> {
    const { driver, clock, bootTimeoutMs = BOOT_TIMEOUT_MS } = this.#options;
    const { row } = start;
    if (row.state !== 'starting') return;
    if (row.port !== undefined) {
      const late = new AbortController();
      const leftMs = Math.max(0, row.startedAt + bootTimeoutMs - clock.now());
      const over = AbortSignal.any([start.gone.signal, this.#stopped.signal, late.signal]);
      void clock.sleep(leftMs, over).then(() => {
        late.abort();
        return undefined;
      });
      const bound = await listensOn(row.port, clock, over);
      late.abort();
      if (start.gone.signal.aborted || this.#stopped.signal.aborted || start.stopping !== undefined)
        return;
      if (!bound) {
        this.#say(
          row,
          `Error R10 (Boot timeout) -> Web process failed to bind to $PORT within ${Math.round(bootTimeoutMs / 1_000)} seconds of launch`,
        );
        this.#say(row, 'Stopping process with SIGKILL');
        await driver.stop(row.id, 0);
        return;
      }
    }
    if (start.stopping !== undefined) return;
    this.#happened(start, 'bound');
    this.#route();
    this.wake();
  }

  /** Passes the dyno's output on to the app's log. */
  async #pump(start: Start): Promise<void> {
    const { driver, voice, log } = this.#options;
    const { appId, name, id } = start.row;
    try {
      for await (const { lines, droppedBytes } of driver.logs(id, this.#stopped.signal)) {
        if (droppedBytes > 0) {
          this.#say(
            start.row,
            `Error L10 (output buffer overflow): ${droppedBytes} bytes dropped.`,
            'logplex',
          );
        }
        for (const text of lines) voice.write({ appId, source: 'app', process: name, text });
      }
    } catch (error) {
      log.error({ dynoId: id, err: error }, 'output of a dyno is not read any more');
    }
  }

  /** Stops a dyno, once, however often it is asked for. Never rejects: a failure is told, and tried by the next start. */
  async #stop(start: Start, reason: StopReason | 'shut down', graceMs: number): Promise<void> {
    start.stopping ??= this.#task(this.#carryOutStop(start, reason, graceMs));
    await start.stopping;
  }

  async #carryOutStop(
    start: Start,
    reason: StopReason | 'shut down',
    graceMs: number,
  ): Promise<void> {
    const { driver, traffic } = this.#options;
    const { row } = start;
    if (!isRunning(row.state)) return;
    const { state } = row;
    this.#sayWhy(row, reason);
    start.row = { ...row, state: 'stopping' };
    this.#save(start);
    this.#route();
    await start.launched;
    // The router sends it nothing more; what is at it may end before SIGTERM, which many apps do not handle.
    if (row.type === WEB && state === 'up' && reason !== 'shut down')
      await traffic.drained(row.id, DRAIN_MS);
    this.#say(row, 'Stopping all processes with SIGTERM');
    await driver.stop(row.id, graceMs);
  }

  #sayWhy(row: DynoRow, reason: StopReason | 'shut down'): void {
    if (reason === 'cycled') this.#say(row, 'Cycling');
    if (reason === 'asked') this.#say(row, 'Restarting');
    if (reason === 'scaled down') this.#say(row, `State changed from ${row.state} to down`);
  }

  async #ended(start: Start, exit: DynoExit): Promise<void> {
    const { driver, clock } = this.#options;
    const { row } = start;
    if (exit.killed && row.state === 'stopping') {
      this.#say(
        row,
        'Error R12 (Exit timeout) -> At least one process failed to exit within 30 seconds of SIGTERM',
      );
      this.#say(row, 'Stopping remaining processes with SIGKILL');
    }
    this.#say(row, `Process exited with status ${exit.status}`);
    const ranMs = clock.now() - row.startedAt;
    const crashes = ranMs > CRASH_FORGIVEN_AFTER_MS ? 1 : row.crashes + 1;
    start.row = {
      ...row,
      exitCode: exit.status,
      crashes,
      startAfter: clock.now() + backoffMs(crashes, CRASH_BACKOFF),
    };
    if (row.oneOff) {
      this.#say(
        row,
        `State changed from ${row.state === 'starting' ? 'starting' : 'up'} to complete`,
      );
      start.row = { ...start.row, state: 'down' };
      this.#save(start);
    } else {
      this.#happened(start, 'exited');
    }
    this.#route();
    await driver.remove(row.id);
    if (start.row.state === 'down' && !row.oneOff) await this.#forget(row.id);
    this.wake();
  }

  /** Moves the dyno on, says so in the app's log, and writes it down. */
  #happened(start: Start, event: DynoEvent): void {
    const { state } = start.row;
    const next = nextDynoState(state, event);
    if (next === state) return;
    start.row = { ...start.row, state: next };
    if (state !== 'stopping') this.#say(start.row, `State changed from ${state} to ${next}`);
    this.#save(start);
  }

  /**
   * Writes the row as it is when its turn comes, and again until that has succeeded: with the database away the last state
   * is written once it is back.
   */
  #save(start: Start): void {
    start.saved = start.saved.then(async () =>
      this.#insist(async () => this.#options.store.updateDyno(start.row)),
    );
    void this.#task(start.saved);
  }

  async #forget(id: string): Promise<void> {
    const start = this.#starts.get(id);
    if (start === undefined) return;
    this.#starts.delete(id);
    start.saved = start.saved.then(async () =>
      this.#insist(async () => this.#options.store.deleteDyno(id)),
    );
    void this.#task(start.saved);
  }

  async #insist(write: () => Promise<void>): Promise<void> {
    const { clock, log } = this.#options;
    for (let attempt = 1; !this.#stopped.signal.aborted; attempt += 1) {
      try {
        await write();
        return;
      } catch (error) {
        log.warn({ attempt, err: error }, 'the state of a dyno was not written down');
        await clock.sleep(backoffMs(attempt, RECONCILE_BACKOFF), this.#stopped.signal);
      }
    }
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
    const dynos = [...this.#starts.values()].map(({ row }) => ({ ...row, host: '127.0.0.1' }));
    traffic.update(
      buildRoutingTable(
        apps,
        dynos.filter(({ oneOff }) => !oneOff),
        baseDomains,
      ),
    );
  }

  #say({ appId, name }: DynoRow, text: string, process = name): void {
    this.#options.voice.write({ appId, source: 'heroku', process, text });
  }

  get #graceMs(): number {
    return this.#options.stopGraceMs ?? STOP_GRACE_MS;
  }

  /** Work in the background that the end waits for. It tells its own failures. */
  #task(work: Promise<void>): Promise<void> {
    const told = work.catch((error: unknown) => {
      this.#options.log.error({ err: error }, 'looking after a dyno failed');
    });
    this.#tasks.add(told);
    void told.finally(() => this.#tasks.delete(told));
    return told;
  }
}
