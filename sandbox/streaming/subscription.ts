import type { Log } from '../../src/kit/log.ts';
import type { EventFilter, StreamEvent } from './event.ts';
import type { EventFeed } from './feed.ts';

export interface SubscriptionOptions {
  readonly feed: EventFeed;
  readonly filter: EventFilter;
  /** What the channel makes of its events: fewer, or with more in them. */
  shape?(events: readonly StreamEvent[]): Promise<readonly StreamEvent[]>;
  /** The number of the last event the subscriber has, or does not want. */
  readonly after: number;
  readonly log: Log;
  /** How many events may be given now; 0 = wait until `resume`. */
  room(): number;
  give(events: readonly StreamEvent[]): void;
}

/**
 * Gives a channel's events to one subscriber, in order, each once, from the table or from memory, and never more than
 * he has room for. What waits is waiting in the table.
 */
export class Subscription {
  readonly #options: SubscriptionOptions;
  readonly #stop: () => void;
  #after: number;
  #state: 'idle' | 'draining' | 'draining, hinted' | 'closed' = 'idle';

  constructor(options: SubscriptionOptions) {
    this.#options = options;
    this.#after = options.after;
    this.#stop = options.feed.onAdvance(() => {
      this.resume();
    });
  }

  /** The number of the last event looked at. */
  get position(): number {
    return this.#after;
  }

  /** There may be more to give, or room for it. */
  resume(): void {
    if (this.#state === 'draining') this.#state = 'draining, hinted';
    if (this.#state !== 'idle') return;
    this.#state = 'draining';
    void this.#drain();
  }

  close(): void {
    this.#state = 'closed';
    this.#stop();
  }

  async #drain(): Promise<void> {
    const { feed, filter, shape, log, room, give } = this.#options;
    try {
      for (;;) {
        const space = room();
        const head = feed.head;
        const events = space === 0 ? [] : await feed.read(filter, this.#after, space);
        if (this.#isClosed()) return;
        const last = events.at(-1);
        if (last !== undefined) {
          const shaped = shape === undefined ? events : await shape(events);
          if (this.#isClosed()) return;
          this.#after = last.replayId;
          if (shaped.length > 0) give(shaped);
        } else if (space > 0) {
          this.#after = Math.max(this.#after, head);
        }
        if (events.length === 0 && !this.#takeHint()) return;
      }
    } catch (error) {
      log.warn(
        { err: error },
        'subscription could not read events; tries again with the next event',
      );
      if (!this.#isClosed()) this.#state = 'idle';
    }
  }

  /** Whether something came during the last look, which then must be repeated; else the draining ends. */
  #takeHint(): boolean {
    const hinted = this.#state === 'draining, hinted';
    this.#state = hinted ? 'draining' : 'idle';
    return hinted;
  }

  #isClosed(): boolean {
    return this.#state === 'closed';
  }
}
