import type { Log } from '../../src/kit/log.ts';
import { step, stepWithout } from '../../connect/core/step.ts';
import { Pull } from '../../connect/sync/pull.ts';
import { Push } from '../../connect/sync/push.ts';
import type { SyncBounds } from '../../connect/sync/sync.ts';
import { History } from './history.ts';
import { judge } from './judge.ts';
import type { Bench, OpenBench, World } from './bench.ts';
import { ModelOrg } from './model-org.ts';
import { ModelStore } from './model-store.ts';
import type { ModelTable } from './model-table.ts';
import { Random } from './random.ts';
import { Scheduler } from './scheduler.ts';
import { boundsOf, isHabit, plansOf, shapeOf, type Ablation } from './shapes.ts';
import { Weather } from './weather.ts';

export interface Outcome {
  readonly seed: number;
  readonly violations: readonly string[];
  readonly crashes: number;
  readonly turns: number;
  readonly notes: readonly string[];
}

export interface SimulateOptions {
  readonly without?: Ablation | undefined;
  readonly tracing?: boolean | undefined;
  readonly openBench?: OpenBench | undefined;
}

/** One history: some hundred steps of two sides writing and an engine dying between them, then calm, then judgement. */
export async function simulate(
  seed: number,
  { without, tracing = false, openBench = openModel }: SimulateOptions = {},
): Promise<Outcome> {
  const random = new Random(seed);
  const world: World = {
    random,
    scheduler: new Scheduler(random),
    weather: new Weather(random),
    history: new History(tracing),
  };
  const engine = without === undefined || isHabit(without) ? step : stepWithout(without);
  const bench = await openBench(world, shapeOf(random, without), engine);
  return new Simulation({ seed, world, bench, bounds: boundsOf(world.weather, without) }).run();
}

const openModel: OpenBench = async (world, shape, engine) =>
  new ModelStore({ ...world, step: engine }, plansOf(shape));

interface SimulationParts {
  readonly seed: number;
  readonly world: World;
  readonly bench: Bench;
  readonly bounds: SyncBounds;
}

const ACTIONS_MAX = 60;
const CALM_MS_MAX = 600_000;

const SILENT: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => {
    throw new Error('not used');
  },
};

class Simulation {
  readonly seed: number;
  readonly random: Random;
  readonly scheduler: Scheduler;
  readonly weather: Weather;
  readonly history: History;
  readonly org: ModelOrg;
  readonly store: Bench;
  readonly bounds: SyncBounds;
  #wakes: { readonly table: ModelTable; readonly push: () => void; readonly pull: () => void }[] =
    [];
  #running = false;
  #crashes = 0;
  #turns = 0;

  constructor({ seed, world, bench, bounds }: SimulationParts) {
    this.seed = seed;
    this.random = world.random;
    this.scheduler = world.scheduler;
    this.weather = world.weather;
    this.history = world.history;
    this.store = bench;
    this.bounds = bounds;
    this.org = new ModelOrg(world, bench.plans);
    this.org.onChange = (object) => this.#hint(object, 'pull');
    this.org.isHopeless = (entity) => this.#isHopeless(entity);
  }

  async run(): Promise<Outcome> {
    this.#start();
    await this.#storm();
    const isQuiet = await this.#calm();
    const { violations } = this.history;
    if (isQuiet) await this.#secondDrain();
    else this.history.violated('progress', this.#unfinished());
    judge(this.history, this.org, this.store.tables);
    return {
      seed: this.seed,
      violations,
      crashes: this.#crashes,
      turns: this.#turns,
      notes: this.history.notes,
    };
  }

  async #storm(): Promise<void> {
    let actions = 5 + this.random.below(ACTIONS_MAX);
    while (actions > 0) {
      if (this.random.chance(0.25)) {
        await this.#act();
        actions -= 1;
      } else if (this.#running && this.random.chance(this.weather.crashes)) {
        this.#crash();
      } else {
        await this.#turn();
      }
    }
  }

  async #calm(): Promise<boolean> {
    this.weather.calm = true;
    const until = this.scheduler.now + CALM_MS_MAX;
    while (this.scheduler.now < until) {
      await this.#turn();
      if (this.#running && this.#isSettled()) {
        // What is settled now is only seen by a sweep that begins now.
        const sweptUntil = this.scheduler.now + 3 * this.bounds.pollIntervalMs;
        while (this.scheduler.now < sweptUntil) await this.#turn();
        if (this.#isSettled()) return true;
      }
    }
    return false;
  }

  /** Law 5: with nothing to do, nothing is done. */
  async #secondDrain(): Promise<void> {
    const writes = this.org.writeRequests;
    const before = JSON.stringify(
      this.store.tables.map(({ rows, log, archive, conflicts }) => [
        [...rows],
        log,
        archive.length,
        conflicts.length,
      ]),
    );
    for (const { push, pull } of this.#wakes) {
      push();
      pull();
    }
    const until = this.scheduler.now + 3 * this.bounds.pollIntervalMs;
    while (this.scheduler.now < until) await this.#turn();
    const after = JSON.stringify(
      this.store.tables.map(({ rows, log, archive, conflicts }) => [
        [...rows],
        log,
        archive.length,
        conflicts.length,
      ]),
    );
    if (this.org.writeRequests > writes)
      this.history.violated('quiet', 'a second drain wrote to Salesforce');
    if (before !== after) this.history.violated('quiet', 'a second drain changed the database');
  }

  async #turn(): Promise<void> {
    this.#turns += 1;
    if (!(await this.scheduler.turn())) throw new Error(`seed ${this.seed}: nothing waits`);
    await this.store.idle();
  }

  // The process.

  #start(): void {
    this.#running = true;
    this.#wakes = [];
    for (const table of this.store.tables) this.#startMapping(table);
  }

  #startMapping(table: ModelTable): void {
    const { store, org, bounds, scheduler } = this;
    const clock = {
      now: () => scheduler.now,
      sleep: async (ms: number) => scheduler.point(ms),
    };
    const sync = {
      plan: table.plan,
      store,
      org,
      clock,
      log: SILENT,
      bounds,
      lingerMs: () => 0,
      report: () => undefined,
    };
    const pullLoop = this.#loop(async (signal) => pull.turn(signal));
    const pushLoop = this.#loop(async (signal) => push.turn(signal));
    const pull = new Pull(sync);
    const push = new Push(sync, {
      onSettled: () => {
        for (const wakes of this.#wakes) wakes.push();
      },
      onLost: pullLoop.wake,
    });
    const wakes = {
      table,
      push: pushLoop.wake,
      pull: (): void => {
        pull.hint();
        pullLoop.wake();
      },
    };
    this.#wakes.push(wakes);
    void (async () => {
      await this.#untilDone(async () =>
        store.recover(table.plan, { now: scheduler.now, limits: bounds.step }),
      );
      void pullLoop.run();
      void pushLoop.run();
    })();
  }

  /** As the kit's loop: turn, rest, end the rest when woken. */
  #loop(turn: (signal: AbortSignal) => Promise<number>): {
    readonly run: () => Promise<void>;
    readonly wake: () => void;
  } {
    const { signal } = new AbortController();
    let hinted = false;
    let endRest: (() => void) | undefined;
    const wake = (): void => {
      hinted = true;
      endRest?.();
    };
    const run = async (): Promise<void> => {
      const { life } = this.scheduler;
      while (this.scheduler.life === life) {
        hinted = false;
        const restMs = await turn(signal).catch(() => 700);
        if (restMs === 0 || hinted) continue;
        const rest = this.scheduler.rest(restMs);
        endRest = rest.wake;
        await rest.done;
        endRest = undefined;
      }
    };
    return { run, wake };
  }

  async #untilDone(work: () => Promise<unknown>): Promise<void> {
    for (;;) {
      try {
        await work();
        return;
      } catch {
        await this.scheduler.point(500);
      }
    }
  }

  #crash(): void {
    this.#crashes += 1;
    this.history.note('CRASH');
    this.#running = false;
    this.#wakes = [];
    this.scheduler.crash();
    this.scheduler.later(this.random.below(10_000), () => this.#start());
  }

  #hint(object: string, side: 'push' | 'pull'): void {
    for (const wakes of this.#wakes) if (wakes.table.plan.object === object) wakes[side]();
  }

  // The world.

  async #act(): Promise<void> {
    const table = this.random.pick(this.store.tables);
    if (table === undefined) return;
    if (this.random.chance(0.5)) this.#actInOrg(table);
    else await this.#actInApp(table);
  }

  #actInOrg(table: ModelTable): void {
    const { object } = table.plan;
    const record = this.random.pick(this.org.live(object));
    const dice = this.random.next();
    if (record === undefined || dice < 0.15) this.org.insertByUser(object, ['f1', 'f2']);
    else if (dice < 0.25) this.org.deleteByUser(record);
    else this.org.updateByUser(record, this.#someFields());
  }

  async #actInApp(table: ModelTable): Promise<void> {
    const [recordId] = this.random.pick([...table.rows]) ?? [];
    const dice = this.random.next();
    if (recordId === undefined || dice < 0.3) await this.#insert(table);
    else if (dice < 0.4) await this.store.deleteByApp(table, recordId);
    else if (dice < 0.43) await this.store.updateByApp(table, recordId, {});
    else await this.#update(table, recordId);
    if (this.weather.hints()) this.#hint(table.plan.object, 'push');
  }

  async #insert(table: ModelTable): Promise<void> {
    const { plan } = table;
    const link = plan.fields.find(({ parent }) => parent !== undefined);
    const values: Record<string, string | null> = {};
    if (link !== undefined) {
      // Half of the children come in one transaction with their parent, the child first.
      const parents = this.store.tables.find((other) => other.plan.table === link.parent?.table);
      const waiting = [...(parents?.rows.values() ?? [])].filter(
        ({ values }) => values['ext'] !== null && values['ext'] !== undefined,
      );
      if (parents !== undefined && (waiting.length === 0 || this.random.chance(0.5)))
        await this.#insert(parents);
      const parent = [...(parents?.rows.values() ?? [])].findLast(
        ({ values }) => typeof values['ext'] === 'string',
      );
      values[link.column] = parent?.values['ext'] ?? null;
    }
    const entity = this.history.entity();
    for (const field of plan.externalId === null ? ['f1', 'f2'] : ['ext', 'f1', 'f2']) {
      values[field] = this.history.write(
        { entity, field, side: 'app', saw: null },
        field === 'f1' ? this.#mark() : '',
      );
    }
    await this.store.insertByApp(table, entity, { f3: null, ...values });
  }

  async #update(table: ModelTable, recordId: number): Promise<void> {
    const row = table.rows.get(recordId);
    const entity = table.entities.get(recordId) ?? 0;
    const fields = this.#someFields();
    const values = Object.fromEntries(
      fields.map((field) => [
        field,
        this.history.write(
          { entity, field, side: 'app', saw: row?.values[field] ?? null },
          this.#mark(),
        ),
      ]),
    );
    await this.store.updateByApp(table, recordId, values);
  }

  /** `!`: Salesforce will refuse it. `#`: Salesforce will refuse to delete a record that has it. */
  #mark(): string {
    const dice = this.random.next();
    return dice < 0.05 ? '!' : dice < 0.08 ? '#' : '';
  }

  #someFields(): readonly string[] {
    const fields = ['f1', 'f2', 'f3'].filter(() => this.random.chance(0.4));
    return fields.length === 0 ? ['f1'] : fields;
  }

  #isHopeless(entity: number): boolean {
    if (this.history.deletedBy.has(entity)) return true;
    return this.store.tables.some(({ archive }) =>
      archive.some(
        (entry) => entry.entity === entity && entry.action === 'INSERT' && entry.state === 'FAILED',
      ),
    );
  }

  #isSettled(): boolean {
    if (this.org.openTransactions > 0) return false;
    return this.store.tables.every(({ log, syncs, readAgain }) => {
      const parked = new Set(
        [...syncs].filter(([, { parked }]) => parked !== null).map(([id]) => id),
      );
      return (
        log.every(({ recordId }) => parked.has(recordId)) &&
        readAgain.size === 0 &&
        [...syncs.values()].every(({ sent }) => sent === null)
      );
    });
  }

  #unfinished(): string {
    return JSON.stringify(
      this.store.tables.map(({ log, readAgain, syncs }) => ({
        log,
        readAgain: [...readAgain],
        syncs: [...syncs],
      })),
    ).slice(0, 1_500);
  }
}
