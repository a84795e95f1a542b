import type pg from 'pg';

import { matches, type EventFilter, type StreamEvent } from './event.ts';
import { READ_EVENTS_MAX, RECENT_EVENTS_MAX } from './limits.ts';
import { readEvents } from './store.ts';

/**
 * The events that have been delivered so far: everything up to `head`. The newest are in memory, the rest in the table.
 *
 * ```
 *   table:   ──●──●──●──●──●──●──●──●──   (retention)
 *   recent:                 ●──●──●──●   (floor, head]
 * ```
 */
export class EventFeed {
  readonly #pool: pg.Pool;
  readonly #listeners = new Set<() => void>();
  #recent: readonly StreamEvent[] = [];
  /** Every delivered event after this one is in `#recent`. */
  #floor: number;
  #head: number;

  constructor(pool: pg.Pool, head: number) {
    this.#pool = pool;
    this.#head = head;
    this.#floor = head;
  }

  /** The number of the newest delivered event. */
  get head(): number {
    return this.#head;
  }

  /** Delivers: the events follow the head without a gap. */
  advance(events: readonly StreamEvent[], head: number): void {
    if (head <= this.#head) return;
    const all = [...this.#recent, ...events];
    const cut = Math.max(0, all.length - RECENT_EVENTS_MAX);
    this.#floor = all[cut - 1]?.replayId ?? this.#floor;
    this.#recent = all.slice(cut);
    this.#head = head;
    for (const listener of this.#listeners) listener();
  }

  /** Calls back whenever the head has moved. Returns how to stop it. */
  onAdvance(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The next events of a channel after a number; fewer than the limit, or none, only when the head has been reached. */
  async read(
    filter: EventFilter,
    after: number,
    limit = READ_EVENTS_MAX,
  ): Promise<readonly StreamEvent[]> {
    if (after >= this.#head) return [];
    if (after >= this.#floor) {
      return this.#recent
        .filter((event) => event.replayId > after && matches(filter, event))
        .slice(0, limit);
    }
    return readEvents(this.#pool, filter, { after, through: this.#head, limit });
  }
}
