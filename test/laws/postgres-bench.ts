import type pg from 'pg';
import { z } from 'zod';
import type { MappingPlan } from '../../connect/core/plan.ts';
import type { Values } from '../../connect/core/row.ts';
import { START } from '../../connect/core/cursor.ts';
import type {
  ClaimRequest,
  LoadState,
  Store,
  StepOptions,
  ToRead,
  AddressedEvent,
} from '../../connect/ports.ts';
import { applyMappings } from '../../connect/postgres/apply-mappings.ts';
import { PostgresStore } from '../../connect/postgres/store.ts';
import { quoteName } from '../../src/kit/identifiers.ts';
import type { AppDatabase } from '../connect/support/app-database.ts';
import type { Bench, OpenBench, World } from './bench.ts';
import { judgeNewRow, judgeParked, ModelTable, type ModelRow } from './model-table.ts';
import { mappingPlans, tablePlans } from './postgres-plans.ts';
import { View, viewText } from './postgres-view.ts';

/** The real store over PostgreSQL in the simulated world: every history in a schema of its own. */
export function postgresBench(database: AppDatabase, prefix = 'law'): OpenBench {
  let serial = 0;
  return async (world, shape) => {
    serial += 1;
    const schema = `${prefix}${serial}`;
    const plans = tablePlans(shape);
    await applyMappings(database.connect, { schema, organizationId: undefined, plans });
    const store = new PostgresStore(database.connect, schema);
    const bench = new PostgresBench({
      world,
      database,
      store,
      schema,
      plans: mappingPlans(plans, schema, shape),
    });
    await bench.begin();
    return bench;
  };
}

interface BenchParts {
  readonly world: World;
  readonly database: AppDatabase;
  readonly store: Store;
  readonly schema: string;
  readonly plans: readonly MappingPlan[];
}

class PostgresBench implements Bench {
  readonly plans: readonly MappingPlan[];
  readonly tables: readonly ModelTable[];
  readonly #parts: BenchParts;
  #busy: Promise<unknown> | undefined;

  constructor(parts: BenchParts) {
    this.#parts = parts;
    this.plans = parts.plans;
    this.tables = parts.plans.map((plan) => new ModelTable(plan));
  }

  /** The tables are filled by sweeps from the beginning of time. */
  async begin(): Promise<void> {
    const { database, schema } = this.#parts;
    for (const { table } of this.plans) {
      await database.connect.query(
        `insert into ${quoteName(`landbridge_${schema}`)}.cursor (table_name, cursor) values ($1, $2)`,
        [table, JSON.stringify(START)],
      );
    }
  }

  async idle(): Promise<void> {
    while (this.#busy !== undefined) {
      await this.#busy;
      await new Promise(setImmediate);
    }
  }

  // The application, with nothing of ours between it and the database.

  async insertByApp(table: ModelTable, entity: number, values: Values): Promise<void> {
    const told = Object.entries(values).filter(([, value]) => value !== null);
    const columns = told.map(([column]) => quoteName(column)).join(', ');
    const places = told.map((_, at) => `$${at + 1}`).join(', ');
    const { rows } = await this.#app(
      `insert into ${this.#sql(table)} (${columns}) values (${places}) returning id`,
      told.map(([, value]) => value),
    );
    const [row] = z.array(z.object({ id: z.int() })).parse(rows);
    if (row !== undefined) table.entities.set(row.id, entity);
    await this.#look(table);
  }

  async updateByApp(table: ModelTable, recordId: number, values: Values): Promise<void> {
    const told = Object.entries(values);
    const sets =
      told.length === 0
        ? ['f1 = f1']
        : told.map(([column], at) => `${quoteName(column)} = $${at + 2}`);
    await this.#app(`update ${this.#sql(table)} set ${sets.join(', ')} where id = $1`, [
      recordId,
      ...told.map(([, value]) => value),
    ]);
    await this.#look(table);
  }

  async deleteByApp(table: ModelTable, recordId: number): Promise<void> {
    await this.#app(`delete from ${this.#sql(table)} where id = $1`, [recordId]);
    this.#parts.world.history.deleted(table.entities.get(recordId) ?? 0, 'app');
    await this.#look(table);
  }

  // The port.

  nextToken(): Promise<number> {
    return this.#ask(() => this.#parts.store.nextToken());
  }

  claim(plan: MappingPlan, request: ClaimRequest): ReturnType<Store['claim']> {
    return this.#transaction(plan, () => this.#parts.store.claim(plan, request));
  }

  step(
    plan: MappingPlan,
    steps: readonly AddressedEvent[],
    options: StepOptions,
  ): ReturnType<Store['step']> {
    return this.#transaction(plan, () => this.#parts.store.step(plan, steps, options));
  }

  toRead(
    plan: MappingPlan,
    options: { readonly max: number; readonly now: number },
  ): Promise<ToRead> {
    return this.#ask(() => this.#parts.store.toRead(plan, options));
  }

  recover(plan: MappingPlan, options: StepOptions): Promise<number> {
    return this.#transaction(plan, () => this.#parts.store.recover(plan, options));
  }

  forget(plan: MappingPlan, before: number): Promise<void> {
    return this.#transaction(plan, () => this.#parts.store.forget(plan, before));
  }

  readCursor(plan: MappingPlan): ReturnType<Store['readCursor']> {
    return this.#ask(() => this.#parts.store.readCursor(plan));
  }

  readLoad(plan: MappingPlan): Promise<LoadState | null> {
    return this.#ask(() => this.#parts.store.readLoad(plan));
  }

  async saveLoad(): Promise<void> {
    throw new Error('the tables are loaded by sweeps');
  }

  async loadPage(): Promise<number> {
    throw new Error('the tables are loaded by sweeps');
  }

  async finishLoad(): Promise<void> {
    throw new Error('the tables are loaded by sweeps');
  }

  // Inside.

  async #transaction<T>(plan: MappingPlan, work: () => Promise<T>): Promise<T> {
    const { scheduler, weather } = this.#parts.world;
    await scheduler.point();
    if (weather.failsStore()) throw new Error('the database did not answer');
    const result = await this.#under(async () => {
      const value = await work();
      for (const table of this.tables) if (table.plan.id === plan.id) await this.#look(table);
      return value;
    });
    await scheduler.point();
    if (weather.failsStore()) throw new Error('the commit was not confirmed');
    return result;
  }

  async #ask<T>(work: () => Promise<T>): Promise<T> {
    await this.#parts.world.scheduler.point();
    return this.#under(work);
  }

  /** Real time passes only here, and the scheduler waits for it. A process that died meanwhile never learns of the result. */
  async #under<T>(work: () => Promise<T>): Promise<T> {
    const done = work();
    const settled = done.then(
      () => undefined,
      () => undefined,
    );
    this.#busy = settled;
    try {
      return await done;
    } finally {
      if (this.#busy === settled) this.#busy = undefined;
    }
  }

  #app(statement: string, values: readonly unknown[]): Promise<pg.QueryResult> {
    return this.#parts.database.app.query(statement, [...values]);
  }

  #sql({ plan }: ModelTable): string {
    return `${quoteName(plan.schema)}.${quoteName(plan.table)}`;
  }

  /** Brings the judge's view up to what the database holds, and judges each cell's change. */
  async #look(table: ModelTable): Promise<void> {
    const { history } = this.#parts.world;
    const { rows } = await this.#parts.database.connect.query(viewText(table.plan));
    const view = z.array(z.object({ view: View })).parse(rows)[0]?.view;
    if (view === undefined) throw new Error('no view');
    const entityOf = (recordId: number): number => table.entities.get(recordId) ?? 0;
    for (const entry of view.archive) {
      if (table.archive.some(({ id }) => id === entry.id)) continue;
      table.archive.push({
        ...entry,
        recordId: entry.record_id,
        entity: entityOf(entry.record_id),
      });
    }
    table.log = view.log.map((entry) => ({
      ...entry,
      recordId: entry.record_id,
      entity: entityOf(entry.record_id),
    }));
    table.conflicts.splice(0, Infinity, ...view.conflicts);
    table.readAgain.clear();
    for (const sfid of view.readAgain) table.readAgain.add(sfid);
    if (view.stuck.length > 0)
      history.violated('progress', `stuck: ${JSON.stringify(view.stuck[0])}`);
    this.#lookAtRows(table, new Map(view.rows.map(({ id, ...row }) => [id, row])));
    table.syncs.clear();
    for (const { recordId, sync } of view.syncs) {
      table.syncs.set(recordId, sync);
      if (sync.parked !== null) judgeParked(history, table, recordId);
    }
  }

  #lookAtRows(table: ModelTable, now: ReadonlyMap<number, ModelRow>): void {
    const { history } = this.#parts.world;
    for (const id of table.rows.keys()) if (!now.has(id)) table.rows.delete(id);
    for (const [id, row] of now) {
      const before = table.rows.get(id);
      if (before === undefined && row.sfid !== null) {
        judgeNewRow(history, table, row);
        table.entities.set(id, history.entityOf(row.values));
      }
      for (const { column } of table.plan.fields) {
        const [from, to] = [before?.values[column] ?? null, row.values[column] ?? null];
        if (from !== to && history.writes.has(to ?? '')) history.changed('app', { from, to });
      }
      table.rows.set(id, row);
    }
  }
}
