import { findDynoSize } from '../core/dyno-size.ts';
import { isRunning, nextDynoState, type DynoEvent } from '../core/dyno-state.ts';
import { WEB, type StopReason } from '../core/formation.ts';
import type { RoutedDyno } from '../core/routing-table.ts';
import { backoffMs } from '../kit/backoff.ts';
import type { Clock } from '../kit/clock.ts';
import { messageOf } from '../kit/fault.ts';
import type { Log } from '../kit/log.ts';
import type { DynoDriver, DynoExit } from './driver.ts';
import { listensOn } from './dyno-ports.ts';
import {
  CRASH_BACKOFF,
  CRASH_FORGIVEN_AFTER_MS,
  DEFAULT_MEMORY_MB,
  RECONCILE_BACKOFF,
  type DynoTimes,
} from './limits.ts';
import type { DynoRow, RuntimeStore, Traffic, Voice } from './ports.ts';
import type { Turnstile } from './turnstile.ts';

/** What a life needs of the world, the same for all. */
export interface LifeOptions {
  readonly store: RuntimeStore;
  readonly driver: DynoDriver;
  readonly traffic: Traffic;
  readonly voice: Voice;
  readonly clock: Clock;
  readonly log: Log;
  readonly times: DynoTimes;
  /** So many copies of slugs are made at once. */
  readonly starts: Turnstile;
  /** Aborted when the platform lets go of its dynos. */
  readonly signal: AbortSignal;
  /** Something happened that requests are to be routed by, and formations planned by. */
  onChange(): void;
  /** It is over, and nothing needs to know of it any more. */
  onOver(life: DynoLife): void;
}

export type EndReason = StopReason | 'one-off' | 'shut down';

/**
 * One start of a process, from the row that says it shall be to its end. What it is stands in `row`, in memory first and
 * then, as soon as the database takes it, written down.
 */
export class DynoLife {
  row: DynoRow;
  readonly #options: LifeOptions;
  readonly #gone = new AbortController();
  /** Resolves when the driver has started it, or could not. */
  #launched: Promise<void> = Promise.resolve();
  #stopping: Promise<void> | undefined;
  #saved: Promise<void> = Promise.resolve();

  constructor(row: DynoRow, options: LifeOptions) {
    this.row = row;
    this.#options = options;
  }

  get memoryBytes(): number {
    return (findDynoSize(this.row.size)?.memoryMb ?? DEFAULT_MEMORY_MB) * 1_048_576;
  }

  /** As requests are to be routed: a dyno whose process is gone listens nowhere. */
  get routed(): RoutedDyno {
    const { id, appId, type, name, state, port } = this.row;
    const there = this.#gone.signal.aborted ? undefined : port;
    return { id, appId, type, name, state, host: '127.0.0.1', port: there };
  }

  /** Starts it, and looks after it to its end. */
  async launch(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#launched = promise;
    const running = await this.#options.starts.pass(async () => this.#hand());
    resolve();
    if (running) await this.follow();
    else await this.#ended({ status: 1, killed: false });
  }

  /** Looks after a dyno that runs, from wherever it is to its end. */
  async follow(): Promise<void> {
    const { driver, signal } = this.#options;
    const pumping = this.#pump();
    const booting = this.#boot();
    if (this.row.state === 'stopping') void this.stop('replaced', this.#options.times.stopGraceMs);
    const exit = await driver.ended(this.row.id, signal);
    this.#gone.abort();
    // Nothing is sent to it from now on, even when its last words take a while to read.
    this.#options.onChange();
    await booting;
    await pumping;
    if (exit !== undefined && !signal.aborted) await this.#ended(exit);
  }

  /** Stops it, once, however often that is asked for. Never rejects: a failure is told to the operator. */
  async stop(reason: EndReason, graceMs: number): Promise<void> {
    this.#stopping ??= this.#stop(reason, graceMs).catch((error: unknown) => {
      this.#options.log.error({ dynoId: this.row.id, err: error }, 'a dyno could not be stopped');
    });
    await this.#stopping;
  }

  /** Takes its row away. */
  forget(): void {
    const { id } = this.row;
    this.#write(async () => this.#options.store.deleteDyno(id));
    this.#options.onOver(this);
  }

  /** Everything of it that is to be written down has been. */
  async settled(): Promise<void> {
    await this.#saved;
  }

  /** Heroku's R14 and R15: tells of memory over the quota, and ends what uses a multiple of it. */
  async weigh(): Promise<void> {
    const { driver, times } = this.#options;
    if (this.row.state !== 'up') return;
    const { memoryBytes } = await driver.stats(this.row.id);
    const ratio = memoryBytes / this.memoryBytes;
    if (ratio > 1) {
      const megabytes = Math.round(memoryBytes / 1_048_576);
      this.say(`Process running mem=${megabytes}M(${(ratio * 100).toFixed(1)}%)`);
    }
    if (ratio > times.memoryKillRatio) {
      this.say('Error R15 (Memory quota vastly exceeded)');
      this.say('Stopping process with SIGKILL');
      await driver.stop(this.row.id, 0);
    } else if (ratio > 1) {
      this.say('Error R14 (Memory quota exceeded)');
    }
  }

  say(text: string): void {
    const { appId, name } = this.row;
    this.#options.voice.write({ appId, source: 'heroku', process: name, text });
  }

  /** Hands the dyno to the driver. A failure is the app's to know and the operator's. */
  async #hand(): Promise<boolean> {
    const { store, driver, clock, log } = this.#options;
    const { row } = this;
    try {
      const plan = await store.findLaunchPlan(row);
      if (plan === undefined) throw new Error('its release has no slug');
      this.say(`Starting process with command \`${row.command}\``);
      await driver.start({
        ...plan,
        id: row.id,
        appId: row.appId,
        name: row.name,
        releaseVersion: row.releaseVersion,
        command: row.command,
        port: row.port,
        environment: { ...plan.environment, DYNO: row.name },
        memoryBytes: this.memoryBytes,
      });
    } catch (error) {
      log.error({ dynoId: row.id, appId: row.appId, err: error }, 'a dyno could not be started');
      this.say(`Process could not be started: ${messageOf(error)}`);
      return false;
    }
    this.row = { ...this.row, startedAt: clock.now() };
    this.#save();
    return true;
  }

  /** Waits for the dyno's port, or kills it when that takes too long (R10). */
  async #boot(): Promise<void> {
    if (this.row.state !== 'starting') return;
    if (this.row.port !== undefined) {
      const bound = await this.#binds(this.row.port);
      if (this.#gone.signal.aborted || this.#options.signal.aborted) return;
      if (!bound && this.#stopping === undefined) {
        await this.#failToBoot();
        return;
      }
    }
    if (this.#stopping === undefined) this.#happened('bound');
  }

  async #binds(port: number): Promise<boolean> {
    const { clock, times, signal } = this.#options;
    const late = new AbortController();
    const over = AbortSignal.any([this.#gone.signal, signal, late.signal]);
    const limit = clock
      .sleep(Math.max(0, this.row.startedAt + times.bootMs - clock.now()), over)
      .then(() => {
        late.abort();
        return undefined;
      });
    const bound = await listensOn(port, clock, over);
    late.abort();
    await limit;
    return bound;
  }

  async #failToBoot(): Promise<void> {
    const { driver, times } = this.#options;
    const seconds = Math.round(times.bootMs / 1_000);
    this.say(
      `Error R10 (Boot timeout) -> Web process failed to bind to $PORT within ${seconds} seconds of launch`,
    );
    this.say('Stopping process with SIGKILL');
    await driver.stop(this.row.id, 0);
  }

  /** Passes the dyno's output on to the app's log. */
  async #pump(): Promise<void> {
    const { driver, voice, log, signal } = this.#options;
    const { appId, name, id } = this.row;
    try {
      for await (const { lines, droppedBytes } of driver.logs(id, signal)) {
        if (droppedBytes > 0) {
          this.say(`Error L10 (output buffer overflow): ${droppedBytes} bytes dropped.`);
        }
        for (const text of lines) voice.write({ appId, source: 'app', process: name, text });
      }
    } catch (error) {
      log.error({ dynoId: id, err: error }, 'output of a dyno is not read any more');
    }
  }

  async #stop(reason: EndReason, graceMs: number): Promise<void> {
    const { driver, traffic, times } = this.#options;
    const { state, type, id } = this.row;
    if (!isRunning(state)) return;
    if (reason === 'cycled') this.say('Cycling');
    if (reason === 'asked') this.say('Restarting');
    if (reason === 'scaled down') this.say(`State changed from ${state} to down`);
    this.row = { ...this.row, state: 'stopping' };
    this.#save();
    this.#options.onChange();
    await this.#launched;
    // The router sends it nothing more; what is at it may end before SIGTERM, which many apps do not handle.
    if (type === WEB && state === 'up' && reason !== 'shut down') {
      await traffic.drained(id, times.drainMs);
    }
    if (this.#gone.signal.aborted) return;
    this.say('Stopping all processes with SIGTERM');
    await driver.stop(id, graceMs);
  }

  async #ended(exit: DynoExit): Promise<void> {
    const { driver, clock, times, log } = this.#options;
    const { state, startedAt, oneOff, id } = this.row;
    if (exit.killed && state === 'stopping') {
      const seconds = Math.round(times.stopGraceMs / 1_000);
      this.say(
        `Error R12 (Exit timeout) -> At least one process failed to exit within ${seconds} seconds of SIGTERM`,
      );
      this.say('Stopping remaining processes with SIGKILL');
    }
    this.say(`Process exited with status ${exit.status}`);
    const crashes = clock.now() - startedAt > CRASH_FORGIVEN_AFTER_MS ? 1 : this.row.crashes + 1;
    const startAfter = clock.now() + backoffMs(crashes, CRASH_BACKOFF);
    this.row = { ...this.row, exitCode: exit.status, crashes, startAfter };
    await driver.remove(id).catch((error: unknown) => {
      log.warn({ dynoId: id, err: error }, 'the disk of a dyno was not freed');
    });
    if (oneOff) {
      this.say(`State changed from ${state === 'starting' ? 'starting' : 'up'} to complete`);
      this.row = { ...this.row, state: 'down' };
      this.#save();
      this.#options.onChange();
      return;
    }
    this.#happened('exited');
    if (state === 'stopping') this.forget();
  }

  /** Moves on, says so in the app's log, and writes it down. */
  #happened(event: DynoEvent): void {
    const { state } = this.row;
    const next = nextDynoState(state, event);
    if (next === state) return;
    this.row = { ...this.row, state: next };
    if (state !== 'stopping') this.say(`State changed from ${state} to ${next}`);
    this.#save();
    this.#options.onChange();
  }

  /** Writes the row as it is when its turn comes. Nothing happens when its app, and the row with it, is gone. */
  #save(): void {
    this.#write(async () => this.#options.store.updateDyno(this.row));
  }

  /** One after the other, and each again until it has succeeded: a database that is away gets the last state when it is back. */
  #write(write: () => Promise<void>): void {
    this.#saved = this.#saved.then(async () => this.#insist(write));
  }

  async #insist(write: () => Promise<void>): Promise<void> {
    const { clock, log, signal } = this.#options;
    for (let attempt = 1; ; attempt += 1) {
      try {
        await write();
        return;
      } catch (error) {
        if (signal.aborted) return;
        log.warn({ attempt, err: error }, 'the state of a dyno was not written down');
        await clock.sleep(backoffMs(attempt, RECONCILE_BACKOFF), signal);
      }
    }
  }
}
