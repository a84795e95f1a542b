import type { Clock } from '../src/kit/clock.ts';
import { backoffMs } from '../src/kit/backoff.ts';
import { messageOf } from '../src/kit/fault.ts';
import type { Log } from '../src/kit/log.ts';
import { untilAborted } from '../src/kit/until-aborted.ts';
import type { AppDatabase, OpenDatabase } from './app-database.ts';
import { planConnection, type ConnectionPlan } from './connection-plan.ts';
import {
  connectionProblem,
  problemOf,
  shownConnectionState,
  type ConnectionState,
  type MappingStatus,
  type Phase,
  type Problem,
} from './connection-state.ts';
import { fault } from './faults.ts';
import {
  CONNECTION_RETRY_FIRST_MS,
  CONNECTION_RETRY_MAX_MS,
  IMPORT_TIMEOUT_MS,
  STAND_BY_MS,
} from './limits.ts';
import { MappingLife } from './mapping-life.ts';
import type { Hint } from './ports.ts';
import type { Platform } from './platform.ts';
import type { Connection, Registry } from './registry.ts';
import type { OpenOrg, Salesforce } from './salesforce/salesforce.ts';

export interface LifeParts {
  readonly registry: Registry;
  readonly platform: Platform;
  readonly salesforce: Pick<Salesforce, 'open'>;
  readonly openDatabase: OpenDatabase;
  readonly clock: Clock;
  readonly log: Log;
}

/** What a running connection has open. */
export interface Opened {
  readonly connection: Connection;
  readonly database: AppDatabase;
  /** With its password: for comparing only. */
  readonly databaseUrl: string;
  readonly org: OpenOrg;
  readonly plan: ConnectionPlan;
  readonly organizationId: string;
  /** Salesforce's version in use: `67.0`. */
  readonly apiVersion: string;
}

/**
 * One connection from the service's start to its stop. It lives one life after another: each begins with what the
 * registry says now, and ends when something of that changes or fails.
 *
 * ```
 *   ──► new ───────────────► a database is chosen
 *   ──► needsAuthentication ─► somebody logs in         each of these waits; every change of settings,
 *   ──► paused ────────────► somebody resumes           login, import or pause ends the life,
 *   ──► starting ──► running                            and the next one begins
 *           └──► standingBy: another process runs it
 *   ──► failing: database, org or platform away, login refused; tried again by itself, after a backoff
 * ```
 */
export class ConnectionLife {
  readonly id: string;
  readonly #parts: LifeParts;
  readonly #log: Log;
  /** Held by a life while it lasts, and by whoever changes what lives are made of. */
  readonly #lock = new Lock();
  #life = new AbortController();
  #phase: Phase = { kind: 'starting' };
  #opened: Opened | undefined;
  #mappings = new Map<string, MappingLife>();
  #notified = '';

  constructor(id: string, parts: LifeParts) {
    this.id = id;
    this.#parts = parts;
    this.#log = parts.log.child({ connectionId: id });
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** What is open now; undefined while the connection is not running. */
  get opened(): Opened | undefined {
    return this.#opened;
  }

  statusOf(mappingId: string): MappingStatus | undefined {
    return this.#mappings.get(mappingId)?.status;
  }

  get statuses(): readonly MappingStatus[] {
    return [...this.#mappings.values()].map(({ status }) => status);
  }

  /** The word that clients know for all of this. */
  get state(): ConnectionState {
    return shownConnectionState(this.#phase, this.statuses, this.problem);
  }

  get problem(): Problem | null {
    if (this.#phase.kind === 'failing') return this.#phase.problem;
    const refusal = this.#opened?.org.session.refusal ?? null;
    return refusal === null ? connectionProblem(this.statuses) : problemOf(refusal);
  }

  /** Looks at once for changes on both sides, of one mapping or of all. */
  wake(mappingId?: string): void {
    for (const [id, mapping] of this.#mappings) {
      if (mappingId !== undefined && mappingId !== id) continue;
      mapping.wakePush();
      mapping.wakePull();
    }
  }

  /** Something it is made of has changed: begin anew. */
  restart(): void {
    this.#life.abort();
  }

  /** Stops the loops, does the work, and begins anew with what it has changed. Work of several callers is done in turn. */
  async exclusively<T>(phase: Phase, work: () => Promise<T>): Promise<T> {
    const held = this.#lock.acquire();
    this.#life.abort();
    using _lock = await held;
    const before = this.#phase;
    this.#phase = phase;
    try {
      // When it is done, the phase stays until the next life has opened what was changed.
      return await work();
    } catch (error) {
      this.#phase = before;
      throw error;
    }
  }

  /** What is needed to judge and apply mappings, opened for one piece of work. */
  async withOpened<T>(work: (opened: Opened) => Promise<T>): Promise<T> {
    await using stack = new AsyncDisposableStack();
    const opened = await this.#open(stack, AbortSignal.timeout(IMPORT_TIMEOUT_MS));
    if ('kind' in opened) throw notReady(opened);
    // Awaited here: what was opened is closed when this function ends.
    return await work(opened);
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts;
    let failures = 0;
    while (!signal.aborted) {
      using _lock = await this.#lock.acquire();
      this.#life = new AbortController();
      const both = AbortSignal.any([signal, this.#life.signal]);
      try {
        await this.#live(both, () => {
          failures = 0;
        });
      } catch (error) {
        if (both.aborted) continue;
        failures += 1;
        const delayMs = backoffMs(failures, {
          firstMs: CONNECTION_RETRY_FIRST_MS,
          maxMs: CONNECTION_RETRY_MAX_MS,
        });
        this.#phase = { kind: 'failing', problem: problemOf(error) };
        this.#log.warn({ err: error, delayMs }, 'the connection cannot run now');
        await this.#notify();
        await clock.sleep(delayMs, both);
      } finally {
        this.#opened = undefined;
        this.#mappings = new Map();
      }
    }
  }

  async #live(signal: AbortSignal, onRunning: () => void): Promise<void> {
    await using stack = new AsyncDisposableStack();
    const opened = await this.#open(stack, signal);
    if ('kind' in opened) {
      this.#phase = opened;
      await untilAborted(signal);
      return;
    }
    const lease = await this.#parts.registry.leases.take(this.id);
    if (lease === undefined) {
      this.#phase = { kind: 'standingBy' };
      await this.#parts.clock.sleep(STAND_BY_MS, signal);
      return;
    }
    stack.use(lease);
    const { database, org, plan, organizationId } = opened;
    await database.applyMappings(
      plan.planned.map(({ table }) => table),
      organizationId,
    );
    await this.#markApplied(plan);
    const lives = new Map(
      plan.planned.map((mapping) => [mapping.stored.id, this.#mappingLife(opened, mapping)]),
    );
    this.#mappings = lives;
    this.#opened = opened;
    this.#phase = { kind: 'running' };
    onRunning();
    await this.#runMappings({ lives, plan, org, database }, AbortSignal.any([signal, lease.lost]));
  }

  /** Opens what the connection has; where something is still missing, the phase that says so. */
  async #open(stack: AsyncDisposableStack, signal: AbortSignal): Promise<Opened | Phase> {
    const { registry, platform, salesforce, openDatabase } = this.#parts;
    const connection = await registry.connections.find(this.id);
    if (connection === undefined || connection.dbKey === null || connection.schemaName === null) {
      return { kind: 'new' };
    }
    const grant = await registry.grants.find(this.id);
    if (grant === undefined) return { kind: 'needsAuthentication' };
    if (connection.paused) return { kind: 'paused' };
    if (this.#phase.kind !== 'failing' && this.#phase.kind !== 'importing') {
      this.#phase = { kind: 'starting' };
    }
    const app = connection.appId ?? connection.appName;
    const url = await platform.databaseUrl(app, connection.dbKey);
    const database = stack.use(
      openDatabase({ url, schema: connection.schemaName, connectionId: connection.id }),
    );
    await database.ping();
    const org = salesforce.open(grant);
    // Also shows whether the org still lets us in, where there is nothing to describe.
    await org.session.check(signal);
    const mappings = await registry.mappings.list(this.id);
    const plan = await planConnection(connection, mappings, (name) =>
      org.describer.describe(name, signal),
    );
    const apiVersion = (await org.session.version(signal)).slice(1);
    const { organizationId } = grant;
    return { connection, database, databaseUrl: url, org, plan, organizationId, apiVersion };
  }

  #mappingLife(
    { database, org }: Opened,
    { plan, pollIntervalMs, document }: ConnectionPlan['planned'][number],
  ): MappingLife {
    const { clock } = this.#parts;
    return new MappingLife({
      plan,
      pollIntervalMs,
      callsPerDayMax: document.config.sf_max_daily_api_calls,
      serverAppliesWithinMs: org.appliesWithinMs,
      store: database.store,
      org: org.org,
      clock,
      log: this.#log,
      onSettled: () => {
        // Their children may have waited for it.
        for (const mapping of this.#mappings.values()) {
          if (mapping.isChildOf(plan.table)) mapping.wakePush();
        }
      },
      onStatus: () => {
        void this.#notify();
      },
    });
  }

  async #runMappings(
    {
      lives,
      plan,
      org,
      database,
    }: {
      readonly lives: ReadonlyMap<string, MappingLife>;
      readonly plan: ConnectionPlan;
      readonly org: OpenOrg;
      readonly database: AppDatabase;
    },
    signal: AbortSignal,
  ): Promise<void> {
    const byTable = new Map(
      plan.planned.map(({ stored, table }) => [table.table.name, lives.get(stored.id)]),
    );
    const onHint = ({ side, table }: Hint): void => {
      const hinted = table === null ? [...lives.values()] : [byTable.get(table)];
      for (const mapping of hinted) {
        if (side === 'store') mapping?.wakePush();
        else mapping?.wakePull();
      }
    };
    await using stack = new AsyncDisposableStack();
    if (lives.size > 0) {
      const doorbell = stack.use(await database.openDoorbell());
      stack.use(doorbell.subscribe(onHint));
    }
    const streaming = org.streaming(
      plan.planned
        .filter(({ document }) => document.config.sf_notify_enabled)
        .map(({ table }) => ({ object: table.objectName, table: table.table.name })),
    );
    stack.use(streaming.subscribe(onHint));
    await allOrNone(signal, (both) => [
      untilAborted(both),
      streaming.run(both),
      ...[...lives.values()].map((mapping) => mapping.run(both)),
    ]);
  }

  async #markApplied({ planned }: ConnectionPlan): Promise<void> {
    const ids = planned
      .filter(({ stored }) => stored.appliedAt === null || stored.appliedAt < stored.updatedAt)
      .map(({ stored }) => stored.id);
    if (ids.length === 0) return;
    await this.#parts.registry.mappings.markApplied(ids, new Date(this.#parts.clock.now()));
  }

  /** Tells the owner of what is in the way, once for each new trouble. */
  async #notify(): Promise<void> {
    const { problem } = this;
    if (problem === null || problem.message === this.#notified) return;
    this.#notified = problem.message;
    const eventType = problem.state === 'DB_UNAVAILABLE' ? 'postgres-connection' : 'mapping-error';
    try {
      const { notifications } = this.#parts.registry;
      await notifications.insert(this.id, { eventType, message: problem.message });
    } catch (error) {
      this.#log.warn({ err: error }, `a notification was not kept: ${messageOf(error)}`);
    }
  }
}

function notReady(phase: Phase): Error {
  if (phase.kind === 'new') {
    return fault(
      'CONNECTION_NOT_READY',
      'The connection has no database yet. Choose one: heroku connect:db:set --db DATABASE_URL --schema salesforce.',
    );
  }
  if (phase.kind === 'needsAuthentication') {
    return fault(
      'CONNECTION_NOT_READY',
      'The connection is not authorized in Salesforce yet. Run: heroku connect:sf:auth.',
    );
  }
  return fault('CONNECTION_NOT_READY', 'The connection is paused. Run: heroku connect:resume.');
}

/** Runs everything; when one fails, the others are told to stop and waited for before the failure is passed on. */
async function allOrNone(
  signal: AbortSignal,
  start: (signal: AbortSignal) => readonly Promise<void>[],
): Promise<void> {
  const failed = new AbortController();
  const running = start(AbortSignal.any([signal, failed.signal]));
  try {
    await Promise.all(running);
  } finally {
    failed.abort();
    await Promise.allSettled(running);
  }
}

/** Held by one at a time, in the order of asking. */
class Lock {
  #last: Promise<void> = Promise.resolve();

  async acquire(): Promise<Disposable> {
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last = promise;
    await before;
    return {
      [Symbol.dispose]() {
        resolve();
      },
    };
  }
}
