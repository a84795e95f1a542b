import { START, type Cursor } from '../../connect/core/cursor.ts';
import type { MappingPlan } from '../../connect/core/plan.ts';
import { NO_SYNC, type LogEntry, type RowSync, type Value } from '../../connect/core/row.ts';
import type { Conflict } from '../../connect/core/step-types.ts';
import type { History } from './history.ts';

export interface ModelRow {
  sfid: string | null;
  values: Record<string, Value>;
  lastop: string;
  err: string | null;
}

export interface ModelEntry extends LogEntry {
  readonly recordId: number;
  readonly entity: number;
}

export interface Archived extends Omit<ModelEntry, 'state'> {
  readonly state: string;
  readonly message: string | null;
}

/** One mapped table: rows, trigger log, archive, and our bookkeeping beside them. Everything here survives a crash. */
export class ModelTable {
  readonly plan: MappingPlan;
  readonly rows = new Map<number, ModelRow>();
  readonly syncs = new Map<number, RowSync>();
  readonly entities = new Map<number, number>();
  readonly readAgain = new Set<string>();
  readonly archive: Archived[] = [];
  readonly conflicts: Conflict[] = [];
  log: ModelEntry[] = [];
  cursor: Cursor = START;

  constructor(plan: MappingPlan) {
    this.plan = plan;
  }

  pendingOf(recordId: number): readonly ModelEntry[] {
    return this.log.filter((entry) => entry.recordId === recordId);
  }

  syncOf(recordId: number): RowSync {
    return this.syncs.get(recordId) ?? NO_SYNC;
  }
}

/** A row that the engine put into the table: it must be no one's second, and not one that the application deleted. */
export function judgeNewRow(
  history: History,
  table: ModelTable,
  row: Pick<ModelRow, 'sfid' | 'values'>,
): void {
  const entity = history.entityOf(row.values);
  if (history.parked.has(entity)) return;
  const twin = [...table.rows].find(
    ([id, other]) => other.sfid === row.sfid || table.entities.get(id) === entity,
  );
  if (twin !== undefined) history.violated('nothing twice', `entity ${entity} has a second row`);
  const isRefused = table.archive.some(
    (entry) => entry.entity === entity && entry.action === 'DELETE' && entry.state === 'FAILED',
  );
  if (history.deletedBy.get(entity)?.has('app') === true && !isRefused) {
    history.violated('no flip-flop', `entity ${entity} was deleted and its row came back`);
  }
}

/** A row that a person must decide about. With an external id there is never one. */
export function judgeParked(history: History, table: ModelTable, id: number): void {
  if (table.plan.externalId !== null)
    history.violated('progress', `row ${id} is parked though it has an external id`);
  history.parked.add(table.entities.get(id) ?? 0);
}
