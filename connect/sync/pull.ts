import { backoffMs } from '../../src/kit/backoff.ts';
import { afterPage, windowStart, type Cursor } from '../core/cursor.ts';
import type { ReadStart } from '../core/step-types.ts';
import type { AddressedEvent, AmbiguousWrite } from '../ports.ts';
import { readDeleted } from './deleted.ts';
import { beginLoad, loadTurn } from './initial-load.ts';
import type { Sync } from './sync.ts';

/**
 * Everything that reads a mapping's records, one read after the other: the initial load, read-backs, sweeps. That there
 * is one reader is a rule of the engine, not a convenience: of two reads at once the older could be applied last.
 */
export class Pull {
  readonly #sync: Sync;
  #sweepAt = 0;
  #hinted = false;
  /** Hints are heeded from then on: a stream of them must not become a stream of sweeps. */
  #hintsAt = 0;
  #deletedAt = 0;
  #deletedSince: string | undefined;
  #asked = '';
  #askedTimes = 0;
  #readAgainAt = 0;

  constructor(sync: Sync) {
    this.#sync = sync;
  }

  /** Something changed in Salesforce, or may have: a sweep comes at once, or a short rest after the last one. */
  hint(): void {
    this.#hinted = true;
  }

  /** One step of reading. Resolves to the time to rest. */
  async turn(signal: AbortSignal): Promise<number> {
    const loading = await loadTurn(this.#sync, signal);
    const rest = await this.#readBack(signal);
    if (loading !== null) return Math.min(loading, rest);
    const more = await this.#sweepPage(signal);
    return more ? 0 : Math.max(0, Math.min(rest, this.#dueAt() - this.#sync.clock.now()));
  }

  async #sweepPage(signal: AbortSignal): Promise<boolean> {
    const { plan, store, org, clock, bounds, report } = this.#sync;
    if (plan.stampField === null) return this.#readWhole(signal);
    const cursor = await store.readCursor(plan);
    if (cursor === null) return false;
    if (cursor.sweep === null) {
      if (clock.now() < this.#dueAt()) return false;
      // Taken back before the read: a hint that comes during it is for the next.
      this.#hinted = false;
      report({ kind: 'polling' });
    }
    const since = windowStart(cursor, bounds.lookBackMs);
    const read = await this.#begin();
    const after = cursor.sweep?.after ?? null;
    const page = await org.changesSince(plan, { since, after, max: bounds.pageRecordsMax }, signal);
    const steps = page.records.map((record): AddressedEvent => ({
      recordId: null,
      event: { kind: 'pulled', record, read },
    }));
    // The page's rows and the cursor past them are one transaction: a crash repeats the page, and repeating it changes nothing.
    const next = afterPage(cursor, { since, asOf: page.asOf, end: page.end, more: page.more });
    await store.step(plan, steps, { now: clock.now(), limits: bounds.step, cursor: next });
    if (next.sweep !== null) return true;
    await this.#swept(next, page.records.length, signal);
    return false;
  }

  /** When the next sweep is due, epoch milliseconds. */
  #dueAt(): number {
    return this.#hinted ? Math.min(this.#hintsAt, this.#sweepAt) : this.#sweepAt;
  }

  /** Nothing says which of its records changed: the object is read whole at every poll. */
  async #readWhole(signal: AbortSignal): Promise<boolean> {
    const { clock, bounds } = this.#sync;
    if (clock.now() < this.#sweepAt) return false;
    this.#sweepAt = clock.now() + bounds.pollIntervalMs;
    await beginLoad(this.#sync, signal);
    return true;
  }

  async #swept(cursor: Cursor, records: number, signal: AbortSignal): Promise<void> {
    const { plan, store, clock, bounds, report } = this.#sync;
    this.#sweepAt = clock.now() + bounds.pollIntervalMs;
    this.#hintsAt = clock.now() + bounds.hintRestMs;
    // No read is under way now, so no bookkeeping is needed against one that began earlier.
    await store.forget(plan, await store.nextToken());
    report({ kind: 'polled', records, asOf: cursor.asOf ?? '' });
    if (cursor.asOf !== null) await this.#readDeleted(cursor.asOf, signal);
  }

  /** Now and then, Salesforce's own list of deleted records. An object that has none is no reason to stop reading it. */
  async #readDeleted(asOf: string, signal: AbortSignal): Promise<void> {
    const { plan, clock, log, bounds } = this.#sync;
    const now = clock.now();
    if (!plan.hasIsDeleted || now < this.#deletedAt) return;
    this.#deletedAt = now + bounds.deletedListIntervalMs;
    const first = new Date(Date.parse(asOf) - bounds.deletedListFirstMs).toISOString();
    try {
      const begin = async (): Promise<ReadStart> => this.#begin();
      this.#deletedSince = await readDeleted(this.#sync, this.#deletedSince ?? first, {
        begin,
        signal,
      });
    } catch (error) {
      if (signal.aborted) throw error;
      log.warn({ mapping: plan.id, err: error }, 'the list of deleted records could not be read');
    }
  }

  /** Decides writes whose answer was lost, and repeats reads that a write came across. Resolves to the time to rest. */
  async #readBack(signal: AbortSignal): Promise<number> {
    const { plan, store, clock, bounds } = this.#sync;
    const now = clock.now();
    const wanted = await store.toRead(plan, { max: bounds.readBackRecordsMax, now });
    const searches = wanted.ambiguous.filter(({ sfid, key }) => sfid === null && key === null);
    const known = wanted.ambiguous.filter(({ sfid, key }) => sfid !== null || key !== null);
    const sfids = this.#patience(wanted.sfids, now);
    if (known.length + sfids.length > 0) await this.#readKnown(known, sfids, signal);
    for (const write of searches) await this.#search(write, signal);
    const dueAt = wanted.nextDueAt ?? Infinity;
    const listedAt = wanted.sfids.length > 0 ? this.#readAgainAt : Infinity;
    const soonest = wanted.ambiguous.length > 0 ? now + bounds.readAgainRestMs : Infinity;
    return Math.max(1, Math.min(bounds.pollIntervalMs, dueAt - now, listedAt - now, soonest - now));
  }

  /**
   * The records to read again now. The same ones asked for over and over are waiting for something, a create whose
   * answer is open perhaps: each time they are given twice as long, so that they do not eat up the day's calls.
   */
  #patience(sfids: readonly string[], now: number): readonly string[] {
    const { readAgainRestMs: firstMs, pollIntervalMs: maxMs } = this.#sync.bounds;
    const asked = sfids.toSorted().join();
    if (asked !== this.#asked) this.#askedTimes = 0;
    else if (now < this.#readAgainAt) return [];
    this.#asked = asked;
    this.#askedTimes += 1;
    this.#readAgainAt = now + backoffMs(this.#askedTimes, { firstMs, maxMs });
    return sfids;
  }

  async #readKnown(
    writes: readonly AmbiguousWrite[],
    listed: readonly string[],
    signal: AbortSignal,
  ): Promise<void> {
    const { plan, store, org, clock, bounds } = this.#sync;
    const keyColumn = plan.externalId?.column ?? '';
    const read = await this.#begin();
    const sfids = [...writes.flatMap(({ sfid }) => sfid ?? []), ...listed];
    const keys = writes.flatMap(({ sfid, key }) => (sfid === null && key !== null ? [key] : []));
    const records = await this.#orFailed(writes, () => org.readBack(plan, { sfids, keys }, signal));
    const bySfid = new Map(records.map((record) => [record.sfid, record]));
    const byKey = new Map(
      records.map((record) => [fold(record.values?.[keyColumn] ?? null), record]),
    );
    const steps = [
      ...writes.map(({ recordId, sfid, key }): AddressedEvent => {
        const found = (sfid === null ? byKey.get(fold(key)) : bySfid.get(sfid)) ?? null;
        return { recordId, event: { kind: 'readBack', sfid, found, read } };
      }),
      ...listed.map((sfid): AddressedEvent => {
        const found = bySfid.get(sfid) ?? null;
        return { recordId: null, event: { kind: 'readBack', sfid, found, read } };
      }),
    ];
    await store.step(plan, steps, { now: clock.now(), limits: bounds.step });
  }

  /** One at a time: two creates with equal values must not both find the one record that came of them. */
  async #search(write: AmbiguousWrite, signal: AbortSignal): Promise<void> {
    const { plan, store, org, clock, bounds } = this.#sync;
    const { recordId, at } = write;
    const read = await this.#begin();
    const candidates = await this.#orFailed([write], () => org.createdBySelf(plan, at, signal));
    const step: AddressedEvent = { recordId, event: { kind: 'searched', candidates, read } };
    await store.step(plan, [step], { now: clock.now(), limits: bounds.step });
  }

  /** A read-back that fails decides nothing: the writes stay ambiguous, and are put off so that others have their turn. */
  async #orFailed<T>(writes: readonly AmbiguousWrite[], read: () => Promise<T>): Promise<T> {
    const { plan, store, clock, bounds } = this.#sync;
    try {
      return await read();
    } catch (error) {
      const steps = writes.map(({ recordId }): AddressedEvent => ({
        recordId,
        event: { kind: 'readBackFailed' },
      }));
      if (steps.length > 0)
        await store.step(plan, steps, { now: clock.now(), limits: bounds.step });
      throw error;
    }
  }

  /** Taken before the request goes out, so that whatever ends later is known to be later. */
  async #begin(): Promise<ReadStart> {
    const token = await this.#sync.store.nextToken();
    return { token, startedAt: this.#sync.clock.now() };
  }
}

/** Salesforce compares external ids without case. */
function fold(key: string | null): string | null {
  return key === null ? null : key.toLowerCase();
}
