import type { Keyset } from '../../connect/core/cursor.ts';
import type { MappingPlan } from '../../connect/core/plan.ts';
import type { LiveRecord, OrgRecord, Value } from '../../connect/core/row.ts';
import type { Send } from '../../connect/core/step-types.ts';
import type {
  ChangeWindow,
  Org,
  OrgPage,
  WantedRecords,
  WriteOutcome,
} from '../../connect/ports.ts';
import type { World } from './bench.ts';

export interface ModelRecord {
  readonly sfid: string;
  readonly entity: number;
  readonly object: string;
  values: Record<string, Value>;
  deleted: boolean;
  stamp: number;
  visible: boolean;
  locked: boolean;
  deletedAt: number;
  readonly bySelf: boolean;
  readonly createdAt: number;
}

/**
 * A Salesforce org as unkind as the real one may be: stamps of whole seconds given when a transaction begins and visible
 * when it commits, rows locked in between, answers lost before and after the fact, requests applied after their client
 * has gone, single records refused in a batch.
 */
export class ModelOrg implements Org {
  readonly records: ModelRecord[] = [];
  readonly #world: World;
  readonly #columns: ReadonlyMap<string, readonly string[]>;
  #serial = 0;
  writeRequests = 0;
  openTransactions = 0;
  orphanRefusals = 0;
  onChange: (object: string) => void = () => undefined;

  constructor(world: World, plans: readonly MappingPlan[]) {
    this.#world = world;
    this.#columns = new Map(
      plans.map(({ object, fields }) => [object, fields.map(({ column }) => column)]),
    );
  }

  live(object: string): readonly ModelRecord[] {
    return this.records.filter(
      (record) => record.object === object && record.visible && !record.deleted,
    );
  }

  // Other people's work in the org.

  insertByUser(object: string, fields: readonly string[]): void {
    const { history } = this.#world;
    const entity = history.entity();
    const values: Record<string, Value> = {};
    for (const field of fields)
      values[field] = history.write({ entity, field, side: 'org', saw: null });
    const record = this.#create({ object, entity, bySelf: false });
    this.#transact([record], () => this.#show(record, values));
  }

  updateByUser(record: ModelRecord, fields: readonly string[]): void {
    if (record.locked || record.deleted || !record.visible) return;
    const { history } = this.#world;
    const values: Record<string, Value> = {};
    for (const field of fields) {
      const saw = record.values[field] ?? null;
      values[field] = history.write({ entity: record.entity, field, side: 'org', saw });
    }
    this.#transact([record], () => this.#show(record, values));
  }

  deleteByUser(record: ModelRecord): void {
    if (record.locked || record.deleted || !record.visible) return;
    this.#transact([record], () => {
      record.deleted = true;
      record.deletedAt = this.#world.scheduler.now;
      this.#world.history.deleted(record.entity, 'org');
      // Some leave the recycle bin at once: nothing shows them any more but the list of what was deleted.
      if (!record.bySelf && this.#world.random.chance(0.3)) record.visible = false;
    });
  }

  // The port.

  async changesSince(plan: MappingPlan, { since, after, max }: ChangeWindow): Promise<OrgPage> {
    await this.#request();
    const from = since === null ? 0 : Date.parse(since);
    const all = this.records
      .filter(({ object, visible, stamp }) => object === plan.object && visible && stamp >= from)
      .filter((record) => after === null || isAfter(record, after))
      .toSorted((a, b) => a.stamp - b.stamp || (a.sfid < b.sfid ? -1 : 1));
    const page = all.slice(0, max);
    const last = page.at(-1);
    const end = last === undefined ? null : { stamp: iso(last.stamp), id: last.sfid };
    const answer = {
      records: page.map(shown),
      end,
      more: all.length > max,
      asOf: iso(second(this.#world.scheduler.now)),
    };
    await this.#answer();
    return answer;
  }

  async readBack(plan: MappingPlan, { sfids, keys }: WantedRecords): Promise<readonly OrgRecord[]> {
    await this.#request();
    const visible = this.records.filter(({ object, visible }) => object === plan.object && visible);
    const byKey = keys.flatMap((key) => {
      const same = visible.filter(({ values }) => values['ext'] === key);
      return same.find(({ deleted }) => !deleted) ?? same.at(-1) ?? [];
    });
    const found = new Set([...visible.filter(({ sfid }) => sfids.includes(sfid)), ...byKey]);
    const answer = [...found].map(shown);
    await this.#answer();
    return answer;
  }

  async createdBySelf(plan: MappingPlan, since: number): Promise<readonly OrgRecord[]> {
    await this.#request();
    const answer = this.records
      .filter(({ object, visible }) => object === plan.object && visible)
      .filter(({ bySelf, createdAt }) => bySelf && createdAt >= second(since))
      .map(shown);
    await this.#answer();
    return answer;
  }

  async write(plan: MappingPlan, sends: readonly Send[]): Promise<readonly WriteOutcome[]> {
    const { scheduler, random, weather } = this.#world;
    this.writeRequests += 1;
    await scheduler.point();
    const fate = weather.fateOfWrite();
    if (fate === 'unsent')
      return sends.map(() => ({ kind: 'unsent', reason: 'connection refused' }));
    if (fate === 'lost before') return this.#lose(sends);
    // From here on the request lives in the world: whatever becomes of its client, it is applied.
    const answer = Promise.withResolvers<readonly WriteOutcome[]>();
    const first = Math.min(...sends.map(({ at }) => at));
    const latest = Math.max(0, first + weather.serverAppliesWithinMs - scheduler.now - 1);
    const delay = fate === 'zombie' ? random.below(latest) : random.below(Math.min(latest, 3_000));
    this.openTransactions += 1;
    scheduler.later(delay, () => {
      this.openTransactions -= 1;
      this.#apply(plan, sends, { latest: latest - delay, done: answer.resolve });
    });
    if (fate === 'zombie') return this.#lose(sends);
    const { life } = scheduler;
    const outcomes = await answer.promise;
    // The process that asked is dead: nobody hears the answer.
    if (scheduler.life !== life) await new Promise(() => undefined);
    await scheduler.point(random.below(500));
    return fate === 'lost after' ? this.#lose(sends) : outcomes;
  }

  async deletedSince(
    plan: MappingPlan,
    since: string,
  ): Promise<{ readonly sfids: readonly string[]; readonly asOf: string }> {
    await this.#request();
    const deleted = this.records.filter(
      (record) => record.object === plan.object && record.deletedAt >= Date.parse(since),
    );
    const answer = {
      sfids: deleted.map(({ sfid }) => sfid),
      asOf: iso(second(this.#world.scheduler.now)),
    };
    await this.#answer();
    return answer;
  }

  async createQueryJob(): Promise<{ readonly jobId: string; readonly asOf: string }> {
    throw new Error('the model has no bulk jobs');
  }

  async queryJobState(): Promise<'absent'> {
    return 'absent';
  }

  async queryJobPage(): Promise<never> {
    throw new Error('the model has no bulk jobs');
  }

  usage(): null {
    return null;
  }

  // Inside.

  async #lose(sends: readonly Send[]): Promise<readonly WriteOutcome[]> {
    await this.#world.scheduler.point(this.#world.random.below(2_000));
    return sends.map(() => ({ kind: 'lost', reason: 'socket hang up' }));
  }

  async #request(): Promise<void> {
    const { scheduler, random, weather } = this.#world;
    await scheduler.point(random.below(300));
    if (weather.failsRead()) throw new Error('the org did not answer');
  }

  async #answer(): Promise<void> {
    const { scheduler, random, weather } = this.#world;
    await scheduler.point(random.below(weather.calm ? 200 : 3_000));
    if (weather.failsRead()) throw new Error('the answer was cut short');
  }

  #apply(plan: MappingPlan, sends: readonly Send[], { latest, done }: Applying): void {
    const commits: (() => void)[] = [];
    const locked: ModelRecord[] = [];
    const outcomes = sends.map((send): WriteOutcome => {
      const refusal = this.#refusal(plan, send);
      if (refusal !== null) return refuse(refusal);
      const target = this.#target(plan, send);
      if (target?.locked === true) return refuse('UNABLE_TO_LOCK_ROW');
      if (send.op !== 'insert' && (target === undefined || target.deleted))
        return refuse('ENTITY_IS_DELETED');
      const record = target ?? this.#createOurs(plan, send);
      record.locked = true;
      locked.push(record);
      commits.push(() => this.#commit(record, send));
      return { kind: 'accepted', sfid: record.sfid };
    });
    const finish = (): void => {
      for (const commit of commits) commit();
      done(outcomes);
    };
    this.#transact(locked, finish, latest);
  }

  #refusal(plan: MappingPlan, send: Send): string | null {
    if (this.#world.weather.refusesBusy()) return 'UNABLE_TO_LOCK_ROW';
    if (Object.values(send.values).some((value) => value?.endsWith('!') === true)) {
      return 'FIELD_CUSTOM_VALIDATION_EXCEPTION';
    }
    if (send.op === 'delete') {
      const target = this.records.find(({ sfid }) => sfid === send.sfid);
      if (Object.values(target?.values ?? {}).some((value) => value?.endsWith('#') === true))
        return 'DELETE_FAILED';
    }
    for (const { parent, column } of plan.fields) {
      const key = send.values[column] ?? null;
      if (parent === undefined || key === null) continue;
      if (this.live(parent.object).some(({ values }) => values['ext'] === key)) continue;
      const entity = this.#world.history.entityOf(send.values);
      if (!this.#excused(key)) {
        this.orphanRefusals += 1;
        this.#world.history.violated('order', `child ${entity} was sent before its parent ${key}`);
      }
      return 'INVALID_FIELD';
    }
    return null;
  }

  /** A child may be refused where its parent will never be there. */
  #excused(key: string): boolean {
    const parent = this.#world.history.writes.get(key);
    return parent !== undefined && this.isHopeless(parent.entity);
  }

  isHopeless: (entity: number) => boolean = () => false;

  #target(plan: MappingPlan, { op, sfid, key }: Send): ModelRecord | undefined {
    if (op !== 'insert') return this.records.find((record) => record.sfid === sfid);
    if (key === null) return undefined;
    return this.records.find(
      (record) => record.object === plan.object && !record.deleted && record.values['ext'] === key,
    );
  }

  #createOurs(plan: MappingPlan, { values, key }: Send): ModelRecord {
    const entity = this.#world.history.entityOf(values);
    const record = this.#create({ object: plan.object, entity, bySelf: true });
    // The index of the external id knows of it at once; nobody can read it before the commit.
    if (key !== null) {
      record.values['ext'] = key;
      this.#world.history.shownInOrg.add(key);
    }
    const twins = this.records.filter((other) => other.entity === entity);
    if (twins.length > 1) {
      this.#world.history.violated(
        'nothing twice',
        `entity ${entity} was created ${twins.length} times`,
      );
    }
    return record;
  }

  #commit(record: ModelRecord, send: Send): void {
    const { random, weather, history } = this.#world;
    if (send.op === 'delete') {
      record.deleted = true;
      return;
    }
    const values: Record<string, Value> = { ...send.values };
    if (weather.hasAutomation && values['f3'] === undefined && random.chance(0.2)) {
      const saw = record.values['f3'] ?? null;
      values['f3'] = history.write({ entity: record.entity, field: 'f3', side: 'org', saw });
    }
    this.#show(record, values);
  }

  #show(record: ModelRecord, values: Readonly<Record<string, Value>>): void {
    for (const [field, to] of Object.entries(values)) {
      this.#world.history.changed('org', { from: record.values[field] ?? null, to });
    }
    record.values = { ...record.values, ...values };
    record.visible = true;
  }

  #create({
    object,
    entity,
    bySelf,
  }: Pick<ModelRecord, 'object' | 'entity' | 'bySelf'>): ModelRecord {
    this.#serial += 1;
    // Ids do not grow with time: an org hands them out from several pods.
    const sfid = `${this.#world.random.below(1_000)}-${this.#serial}`;
    const record: ModelRecord = {
      sfid,
      entity,
      object,
      values: Object.fromEntries(this.#columns.get(object)?.map((column) => [column, null]) ?? []),
      deleted: false,
      stamp: 0,
      visible: false,
      locked: false,
      deletedAt: -1,
      bySelf,
      createdAt: second(this.#world.scheduler.now),
    };
    this.records.push(record);
    return record;
  }

  /** The stamp is the beginning's, the sight of it the commit's. */
  #transact(records: readonly ModelRecord[], commit: () => void, latest = Infinity): void {
    const { scheduler, random, weather } = this.#world;
    const stamp = second(scheduler.now);
    for (const record of records) record.locked = true;
    this.openTransactions += 1;
    const lateMs = weather.isLate() ? random.below(weather.lateMsMax) : 0;
    scheduler.later(Math.min(lateMs, latest), () => {
      this.openTransactions -= 1;
      for (const record of records) record.stamp = stamp;
      commit();
      for (const record of records)
        this.#world.history.note(`${scheduler.now % 10_000_000} org`, record);
      for (const record of records) {
        record.locked = false;
        if (weather.hints()) this.onChange(record.object);
      }
    });
  }
}

interface Applying {
  readonly latest: number;
  readonly done: (outcomes: readonly WriteOutcome[]) => void;
}

function refuse(code: string): WriteOutcome {
  return { kind: 'refused', refusal: { code, message: code.toLowerCase(), fields: [] } };
}

function shown(record: ModelRecord): OrgRecord {
  const { sfid, values, createdAt } = record;
  return record.deleted
    ? { sfid, deleted: true, values: { ...values }, createdAt }
    : shownLive(record);
}

function shownLive({ sfid, values, bySelf, createdAt }: ModelRecord): LiveRecord {
  return {
    sfid,
    deleted: false,
    values: { ...values },
    createdAt,
    bySelf,
  };
}

function isAfter({ stamp, sfid }: ModelRecord, after: Keyset): boolean {
  const last = Date.parse(after.stamp);
  return stamp > last || (stamp === last && sfid > after.id);
}

function second(ms: number): number {
  return Math.floor(ms / 1_000) * 1_000;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
