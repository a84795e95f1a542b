import { randomInt, randomUUID } from 'node:crypto';

import { Loop } from '../../src/kit/loop.ts';
import { inTransaction } from '../../src/kit/transaction.ts';
import type { Org } from '../org.ts';
import type { JournalEntry } from '../records/events.ts';
import { changeEvents, type NumberedEntry } from './change-event.ts';
import { findSelectedEntities } from './channel-store.ts';
import { Disturbance } from './disturbance.ts';
import { changeEventName } from './event-fields.ts';
import { eventSchema, type EventSchema } from './event-schema.ts';
import type { NewEvent } from './event.ts';
import { EventFeed } from './feed.ts';
import {
  HIGH_VOLUME_RETENTION_MS,
  PRUNE_EVERY_MS,
  PRUNED_EVENTS_MAX,
  PUBLISH_BACKOFF,
  PUBLISHED_ENTRIES_MAX,
  READ_EVENTS_MAX,
  STANDARD_RETENTION_MS,
  SWEEP_MS,
} from './limits.ts';
import { platformEvents } from './platform-event.ts';
import { topicEvents } from './push-topic.ts';
import {
  insertEvents,
  insertSchema,
  lockState,
  pruneEvents,
  readDue,
  readHead,
  saveLastCommit,
  saveNumbering,
  takeJournal,
} from './store.ts';
import { Transactions } from './transactions.ts';

export type PublisherOrg = Pick<
  Org,
  'pool' | 'clock' | 'log' | 'settings' | 'schema' | 'adminUserId' | 'injector'
>;

/**
 * The org's one publisher: makes journal entries into numbered events as soon as they are committed, and delivers each
 * when its delay is over.
 *
 * ```
 * change_journal ──take──► stream_events ──due──► feed ──► subscribers
 *                (one transaction)        deliver_at ≤ now
 * ```
 */
export class Publisher {
  readonly feed: EventFeed;
  readonly #org: PublisherOrg;
  readonly #loop: Loop;
  #prunedAt = 0;
  readonly #transactions = new Transactions();
  readonly #disturbance: Disturbance;

  constructor(org: PublisherOrg, head: number) {
    this.#org = org;
    this.feed = new EventFeed(org.pool, head);
    this.#disturbance = new Disturbance(org);
    this.#loop = new Loop({
      name: 'publish events',
      clock: org.clock,
      log: org.log,
      backoff: PUBLISH_BACKOFF,
      turn: () => this.#turn(),
    });
  }

  static async create(org: PublisherOrg): Promise<Publisher> {
    return new Publisher(org, await readHead(org.pool, new Date(org.clock.now())));
  }

  /** There may be something to publish. */
  wake(): void {
    this.#loop.wake();
  }

  async run(signal: AbortSignal): Promise<void> {
    await this.#loop.run(signal);
  }

  /**
   * Publishes events that no record change stands behind (generic channels, the Pub/Sub API). Resolves to their numbers,
   * when they are sure to be delivered.
   */
  async publish(events: readonly NewEvent[]): Promise<readonly number[]> {
    // One transaction: a crash leaves all of them numbered, or none.
    const first = await inTransaction(this.#org.pool, (client) => this.#number(client, events));
    this.wake();
    return events.map((_, index) => first + index);
  }

  /** Makes sure a schema can be found by its id as long as there are events of it. */
  async keepSchema(db: Client | PublisherOrg['pool'], schema: EventSchema): Promise<void> {
    await insertSchema(db, schema, new Date(this.#org.clock.now()));
  }

  async #turn(): Promise<number> {
    const took = await this.#takeJournal();
    await this.#release();
    const dueInMs = await this.#deliver();
    await this.#prune();
    return took === PUBLISHED_ENTRIES_MAX ? 0 : Math.min(dueInMs, SWEEP_MS);
  }

  /**
   * Takes entries out of the journal and puts their events in, in one transaction: a crash anywhere leaves the entries
   * where they were, and no number is given twice. The delay starts here, right after the change's commit.
   */
  async #takeJournal(): Promise<number> {
    const { took, disturbed } = await inTransaction(this.#org.pool, async (client) => {
      const entries = await takeJournal(client, PUBLISHED_ENTRIES_MAX);
      const events = entries.length === 0 ? [] : await this.#eventsOf(client, entries);
      const disturbed = this.#disturbance.apply(events);
      if (entries.length > 0) await this.#number(client, disturbed.events);
      return { took: entries.length, disturbed };
    });
    this.#disturbance.settle(disturbed);
    return took;
  }

  async #eventsOf(client: Client, taken: readonly JournalEntry[]): Promise<readonly NewEvent[]> {
    const schema = this.#org.schema();
    const state = await lockState(client);
    const { entries, last } = this.#transactions.read(taken, {
      number: state.lastCommitNumber,
      transactionKey: state.lastTransactionKey,
    });
    await saveLastCommit(client, last);
    for (const name of new Set(entries.map(({ entity }) => entity))) {
      const object = schema.findObject(name);
      if (object !== undefined) await this.keepSchema(client, eventSchema(object));
    }
    return [
      ...changeEvents(schema, await this.#captured(client, entries)),
      ...platformEvents(schema, entries),
      ...(await topicEvents(this.#org, client, taken)),
    ];
  }

  /** The entries of objects whose changes are captured: of all of them, or of those that channels have selected. */
  async #captured(
    client: Client,
    entries: readonly NumberedEntry[],
  ): Promise<readonly NumberedEntry[]> {
    if (this.#org.settings.changeDataCapture === 'all') return entries;
    const selected = await findSelectedEntities(client);
    return entries.filter(({ entity }) => selected.has(changeEventName(entity)));
  }

  /** Numbers what injected faults had held back, when its time has come. */
  async #release(): Promise<void> {
    const due = this.#disturbance.due();
    if (due.events.length === 0) return;
    await inTransaction(this.#org.pool, (client) => this.#number(client, due.events));
    this.#disturbance.settle(due);
  }

  /** Resolves to the number of the first. */
  async #number(client: Client, events: readonly NewEvent[]): Promise<number> {
    const state = await lockState(client);
    if (events.length === 0) return state.lastReplayId;
    const { minMs, maxMs } = this.#org.settings.eventDelay;
    const now = this.#org.clock.now();
    const due = now + randomInt(minMs, maxMs + 1);
    const previous = state.lastDeliverAt?.getTime() ?? 0;
    // A previous time beyond any delay comes of the org's clock having been moved back since: it must not hold this up.
    const deliverAt = new Date(previous > now + maxMs ? due : Math.max(due, previous));
    await insertEvents(
      client,
      events.map((event, index) => ({
        ...event,
        replayId: state.lastReplayId + index + 1,
        uuid: event.uuid ?? randomUUID(),
        createdAt: new Date(now),
        deliverAt,
      })),
    );
    await saveNumbering(client, { replayId: state.lastReplayId + events.length, deliverAt });
    return state.lastReplayId + 1;
  }

  /** Moves the feed's head over all events that are due. Resolves to the milliseconds until the next is. */
  async #deliver(): Promise<number> {
    for (;;) {
      const now = this.#org.clock.now();
      const { events, nextDueAt } = await readDue(this.#org.pool, this.feed.head, {
        by: new Date(now),
        farFuture: new Date(now + this.#org.settings.eventDelay.maxMs + SWEEP_MS),
        limit: READ_EVENTS_MAX,
      });
      const last = events.at(-1);
      if (last !== undefined) this.feed.advance(events, last.replayId);
      if (nextDueAt !== undefined) return Math.max(1, nextDueAt.getTime() - now);
      if (events.length < READ_EVENTS_MAX) return SWEEP_MS;
    }
  }

  async #prune(): Promise<void> {
    const now = this.#org.clock.now();
    if (Math.abs(now - this.#prunedAt) < PRUNE_EVERY_MS) return;
    this.#prunedAt = now;
    await inTransaction(this.#org.pool, async (client) => {
      await pruneEvents(client, {
        kinds: ['push_topic', 'generic'],
        highVolume: false,
        olderThan: new Date(now - STANDARD_RETENTION_MS),
        limit: PRUNED_EVENTS_MAX,
      });
      await pruneEvents(client, {
        kinds: ['change', 'platform'],
        highVolume: true,
        olderThan: new Date(now - HIGH_VOLUME_RETENTION_MS),
        limit: PRUNED_EVENTS_MAX,
      });
    });
  }
}

type Client = Parameters<typeof lockState>[0];
