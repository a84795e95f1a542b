import type { ConflictRule, MappingPlan } from '../../connect/core/plan.ts';
import type { Values } from '../../connect/core/row.ts';
import type { Step } from '../../connect/core/step.ts';
import type { Store } from '../../connect/ports.ts';
import type { History } from './history.ts';
import type { ModelTable } from './model-table.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';
import type { Weather } from './weather.ts';

/** What both sides of a simulated world share. */
export interface World {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly history: History;
  readonly weather: Weather;
}

/** The kind of mappings a history is about. */
export interface Shape {
  readonly writes: MappingPlan['writes'];
  readonly conflict: ConflictRule;
  readonly hasKey: boolean;
  readonly hasChild: boolean;
}

/**
 * A database under test: the engine's store, the application's writes, and a view of every table for the judge. The
 * model is one; the real store over PostgreSQL is the other.
 */
export interface Bench extends Store {
  readonly plans: readonly MappingPlan[];
  readonly tables: readonly ModelTable[];
  insertByApp(table: ModelTable, entity: number, values: Values): Promise<void>;
  updateByApp(table: ModelTable, recordId: number, values: Values): Promise<void>;
  deleteByApp(table: ModelTable, recordId: number): Promise<void>;
  /** Resolves when the database has nothing under way. */
  idle(): Promise<void>;
}

export type OpenBench = (world: World, shape: Shape, step: Step) => Promise<Bench>;
