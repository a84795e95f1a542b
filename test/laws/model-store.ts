import type { Cursor } from '../../connect/core/cursor.ts';
import type { MappingPlan } from '../../connect/core/plan.ts';
import { NO_SYNC, type RowState, type Values } from '../../connect/core/row.ts';
import type { Step } from '../../connect/core/step.ts';
import type { Effect, RowEvent, Send } from '../../connect/core/step-types.ts';
import type {
  AddressedEvent,
  AmbiguousWrite,
  Claimed,
  ClaimRequest,
  LoadState,
  StepOptions,
  ToRead,
} from '../../connect/ports.ts';
import type { Bench, World } from './bench.ts';
import { judgeNewRow, judgeParked, ModelTable, type ModelEntry } from './model-table.ts';

/** PostgreSQL as far as the engine sees it: transactions that happen at once or not at all, and answers that may be lost. */
export class ModelStore implements Bench {
  readonly plans: readonly MappingPlan[];
  readonly tables: readonly ModelTable[];
  readonly #world: World & { readonly step: Step };
  #serial = 0;

  constructor(world: World & { readonly step: Step }, plans: readonly MappingPlan[]) {
    this.#world = world;
    this.plans = plans;
    this.tables = plans.map((plan) => new ModelTable(plan));
  }

  tableOf(plan: MappingPlan): ModelTable {
    const table = this.tables.find((other) => other.plan.id === plan.id);
    if (table === undefined) throw new Error(`no table for ${plan.id}`);
    return table;
  }

  next(): number {
    this.#serial += 1;
    return this.#serial;
  }

  async idle(): Promise<void> {
    // A model is never under way.
  }

  // The application's writes, as the triggers log them.

  async insertByApp(table: ModelTable, entity: number, values: Values): Promise<void> {
    const recordId = this.next();
    table.rows.set(recordId, { sfid: null, values: { ...values }, lastop: 'PENDING', err: null });
    table.entities.set(recordId, entity);
    for (const to of Object.values(values)) this.#world.history.changed('app', { from: null, to });
    this.#capture(table, {
      recordId,
      entity,
      action: 'INSERT',
      state: 'NEW',
      sfid: null,
      old: null,
      values,
    });
  }

  async updateByApp(table: ModelTable, recordId: number, values: Values): Promise<void> {
    const row = table.rows.get(recordId);
    if (row === undefined) return;
    const old = { ...row.values };
    for (const [column, to] of Object.entries(values)) {
      this.#world.history.changed('app', { from: row.values[column] ?? null, to });
    }
    row.values = { ...row.values, ...values };
    row.lastop = 'PENDING';
    row.err = null;
    const entity = table.entities.get(recordId) ?? 0;
    const state = Object.keys(values).length === 0 ? 'IGNORE' : 'NEW';
    this.#capture(table, {
      recordId,
      entity,
      action: 'UPDATE',
      state,
      sfid: row.sfid,
      old,
      values,
    });
  }

  async deleteByApp(table: ModelTable, recordId: number): Promise<void> {
    const row = table.rows.get(recordId);
    if (row === undefined) return;
    table.rows.delete(recordId);
    const entity = table.entities.get(recordId) ?? 0;
    this.#world.history.deleted(entity, 'app');
    const state = row.sfid === null ? 'IGNORE' : 'NEW';
    const { sfid, values: old } = row;
    this.#capture(table, { recordId, entity, action: 'DELETE', state, sfid, old, values: null });
  }

  #capture(table: ModelTable, entry: Omit<ModelEntry, 'id'>): void {
    this.#world.history.note(`${this.#world.scheduler.now % 10_000_000} app`, entry);
    table.log.push({ ...entry, id: this.next() });
  }

  // The port.

  async nextToken(): Promise<number> {
    await this.#world.scheduler.point();
    return this.next();
  }

  async claim(plan: MappingPlan, { rowsMax, now, limits }: ClaimRequest): Promise<Claimed> {
    return this.#transaction(() => {
      const table = this.tableOf(plan);
      const ids = new Set(
        table.log.filter(({ state }) => state !== 'PENDING').map(({ recordId }) => recordId),
      );
      const open = [...ids].filter((recordId) => {
        const { sent, parked } = table.syncOf(recordId);
        return sent === null && (parked === null || !table.rows.has(recordId));
      });
      const due = open.filter((recordId) => table.syncOf(recordId).retryAt <= now);
      const free = due.filter((recordId) => !this.#waitsForParent(table, recordId));
      const chosen = free.filter(() => !this.#world.random.chance(0.1)).slice(0, rowsMax);
      const effects = chosen.flatMap((recordId) =>
        this.#step(table, { recordId, event: { kind: 'claimed' } }, { now, limits }),
      );
      const sends = effects.flatMap((effect): readonly Send[] =>
        effect.kind === 'send' ? [effect.send] : [],
      );
      const later = open.map((recordId) => table.syncOf(recordId).retryAt).filter((at) => at > now);
      const nextDueAt = later.length === 0 ? null : Math.min(...later);
      return { sends, rows: chosen.length, nextDueAt };
    });
  }

  async step(
    plan: MappingPlan,
    steps: readonly AddressedEvent[],
    options: StepOptions,
  ): Promise<readonly Effect[]> {
    return this.#transaction(() => {
      const table = this.tableOf(plan);
      const effects = steps.flatMap((addressed) => this.#step(table, addressed, options));
      if (options.cursor !== undefined) table.cursor = options.cursor;
      return effects;
    });
  }

  async toRead(
    plan: MappingPlan,
    { max, now }: { readonly max: number; readonly now: number },
  ): Promise<ToRead> {
    await this.#world.scheduler.point();
    const table = this.tableOf(plan);
    const lost = [...table.syncs].filter(([, { sent }]) => sent?.ambiguous === true);
    const due = lost.filter(([, { sent }]) => sent !== null && sent.readAt <= now);
    const ambiguous = due
      .slice(0, max)
      .flatMap(([recordId, { sent, sfid }]): readonly AmbiguousWrite[] =>
        sent === null ? [] : [{ recordId, sfid, key: sent.key, at: sent.at }],
      );
    const closed = new Set(
      [...table.syncs.values()].flatMap(({ sent, sfid }) => (sent === null ? [] : (sfid ?? []))),
    );
    const sfids = [...table.readAgain].filter((sfid) => !closed.has(sfid)).slice(0, max);
    const later = lost.flatMap(([, { sent }]) =>
      sent !== null && sent.readAt > now ? [sent.readAt] : [],
    );
    return { ambiguous, sfids, nextDueAt: later.length === 0 ? null : Math.min(...later) };
  }

  async recover(plan: MappingPlan, options: StepOptions): Promise<number> {
    return this.#transaction(() => {
      const table = this.tableOf(plan);
      const open = [...table.syncs].filter(([, { sent }]) => sent !== null && !sent.ambiguous);
      for (const [recordId] of open)
        this.#step(table, { recordId, event: { kind: 'crashed' } }, options);
      return open.length;
    });
  }

  async forget(plan: MappingPlan, before: number): Promise<void> {
    await this.#transaction(() => {
      const table = this.tableOf(plan);
      for (const [recordId, sync] of table.syncs) {
        const idle =
          sync.sent === null &&
          sync.parked === null &&
          sync.refusal === null &&
          sync.attempts === 0;
        const blank =
          Object.keys(sync.settled).length === 0 && Object.keys(sync.bases).length === 0;
        const needed = table.pendingOf(recordId).length > 0;
        if (idle && blank && !needed && sync.epoch < before) table.syncs.delete(recordId);
      }
    });
  }

  async readCursor(plan: MappingPlan): Promise<Cursor> {
    await this.#world.scheduler.point();
    return this.tableOf(plan).cursor;
  }

  async readLoad(): Promise<LoadState | null> {
    return null;
  }

  async saveLoad(): Promise<void> {
    throw new Error('the model is loaded by sweeps');
  }

  async loadPage(): Promise<number> {
    throw new Error('the model is loaded by sweeps');
  }

  async finishLoad(): Promise<void> {
    throw new Error('the model is loaded by sweeps');
  }

  // Inside.

  /** The process can die before the commit, or after it and before it learns of it. */
  async #transaction<T>(work: () => T): Promise<T> {
    const { scheduler, weather } = this.#world;
    await scheduler.point();
    if (weather.failsStore()) throw new Error('the database did not answer');
    const result = work();
    await scheduler.point();
    if (weather.failsStore()) throw new Error('the commit was not confirmed');
    return result;
  }

  #waitsForParent(table: ModelTable, recordId: number): boolean {
    const values = table.rows.get(recordId)?.values ?? {};
    return table.plan.fields.some(({ column, parent }) => {
      const key = values[column] ?? null;
      const parents = this.tables.find(({ plan }) => plan.table === parent?.table);
      if (parents === undefined || key === null) return false;
      return [...parents.rows].some(([id, row]) => {
        if (row.values['ext'] !== key || row.sfid !== null) return false;
        return (
          parents.syncOf(id).sent !== null ||
          parents.pendingOf(id).some(({ action }) => action === 'INSERT')
        );
      });
    });
  }

  #find(table: ModelTable, event: RowEvent): number | null {
    const record =
      event.kind === 'pulled' ? event.record : event.kind === 'readBack' ? event.found : null;
    const sfid = record?.sfid ?? (event.kind === 'readBack' ? event.sfid : null);
    for (const [id, row] of table.rows) if (row.sfid === sfid) return id;
    for (const entry of table.log)
      if (entry.action === 'DELETE' && entry.sfid === sfid) return entry.recordId;
    for (const [id, sync] of table.syncs) if (sync.sfid === sfid && sfid !== null) return id;
    const keyColumn = table.plan.externalId?.column;
    const key = keyColumn === undefined ? null : (record?.values?.[keyColumn] ?? null);
    if (key === null || keyColumn === undefined) return null;
    for (const [id, row] of table.rows)
      if (row.sfid === null && row.values[keyColumn] === key) return id;
    for (const [id, { sent }] of table.syncs) if (sent?.key === key) return id;
    return null;
  }

  #step(
    table: ModelTable,
    { recordId, event }: AddressedEvent,
    { now, limits }: StepOptions,
  ): readonly Effect[] {
    const id = recordId ?? this.#find(table, event);
    const row = id === null ? undefined : table.rows.get(id);
    const state: RowState = {
      recordId: id,
      row: row === undefined ? null : { sfid: row.sfid, values: { ...row.values } },
      pending: id === null ? [] : table.pendingOf(id),
      sync: id === null ? NO_SYNC : table.syncOf(id),
      openCreatesSince: openCreatesSince(table),
    };
    const context = { plan: table.plan, now, token: this.next(), limits };
    const effects = this.#world.step(context, state, unlinked(table, event));
    this.#world.history.note(
      `${this.#world.scheduler.now % 10_000_000} ${table.plan.object} ${id}`,
      event,
      effects,
      state,
    );
    for (const effect of effects) this.#perform(table, id, effect);
    return effects;
  }

  #perform(table: ModelTable, id: number | null, effect: Effect): void {
    switch (effect.kind) {
      case 'insertRow':
        this.#insertRow(table, effect);
        return;
      case 'readAgain':
        table.readAgain.add(effect.sfid);
        return;
      case 'readDone':
        table.readAgain.delete(effect.sfid);
        return;
      case 'recordConflict':
        table.conflicts.push(effect.conflict);
        return;
      case 'send':
        return;
      case 'setRow':
      case 'deleteRow':
      case 'settleLog':
      case 'remember':
        if (id === null) throw new Error(`${effect.kind} of no row`);
        this.#performOnRow(table, id, effect);
        return;
      default:
        throw new Error('no such effect');
    }
  }

  #performOnRow(
    table: ModelTable,
    id: number,
    effect: Extract<Effect, { kind: 'setRow' | 'deleteRow' | 'settleLog' | 'remember' }>,
  ): void {
    switch (effect.kind) {
      case 'setRow': {
        const row = table.rows.get(id);
        if (row === undefined) throw new Error('setRow of a row that is gone');
        for (const [column, to] of Object.entries(effect.columns)) {
          this.#world.history.changed('app', { from: row.values[column] ?? null, to });
        }
        row.values = { ...row.values, ...effect.columns };
        row.sfid = effect.sfid ?? row.sfid;
        row.lastop = effect.status.lastop;
        row.err = effect.status.err;
        return;
      }
      case 'deleteRow':
        table.rows.delete(id);
        return;
      case 'settleLog':
        settle(table, effect);
        return;
      case 'remember':
        table.syncs.set(id, effect.sync);
        if (effect.sync.parked !== null) judgeParked(this.#world.history, table, id);
        return;
      default:
    }
  }

  #insertRow(
    table: ModelTable,
    { sfid, columns, recordId }: Extract<Effect, { kind: 'insertRow' }>,
  ): void {
    const { history } = this.#world;
    judgeNewRow(history, table, { sfid, values: columns });
    for (const to of Object.values(columns)) history.changed('app', { from: null, to });
    const id = recordId ?? this.next();
    table.rows.set(id, { sfid, values: { ...columns }, lastop: 'SYNCED', err: null });
    table.entities.set(id, history.entityOf(columns));
  }
}

function settle(
  table: ModelTable,
  { ids, state, message }: Extract<Effect, { kind: 'settleLog' }>,
): void {
  if (state === 'NEW' || state === 'PENDING') {
    table.log = table.log.map((entry) => (ids.includes(entry.id) ? { ...entry, state } : entry));
    return;
  }
  for (const entry of table.log) {
    if (ids.includes(entry.id)) table.archive.push({ ...entry, state, message });
  }
  table.log = table.log.filter(({ id }) => !ids.includes(id));
}

function openCreatesSince(table: ModelTable): number | null {
  const open = [...table.syncs.values()].flatMap(({ sent }) =>
    sent !== null && sent.op === 'insert' && sent.key === null ? [sent.at] : [],
  );
  return open.length === 0 ? null : Math.min(...open);
}

/** Of a search's candidates, those that no row is linked to. */
function unlinked(table: ModelTable, event: RowEvent): RowEvent {
  if (event.kind !== 'searched') return event;
  const linked = new Set([...table.rows.values()].map(({ sfid }) => sfid));
  for (const { sfid } of table.syncs.values()) linked.add(sfid);
  return { ...event, candidates: event.candidates.filter(({ sfid }) => !linked.has(sfid)) };
}
