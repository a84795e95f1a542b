import type { Clock } from '../../src/kit/clock.ts';
import type { Injector } from '../injector.ts';
import { gapOf } from './change-event.ts';
import type { NewEvent } from './event.ts';
import { REORDER_WITHIN_MS } from './limits.ts';

/** An event that is held back: it gets its number later, and so comes after its successors. */
interface Withheld {
  readonly event: NewEvent;
  readonly until: number;
  /** Whether the next event sets it free: then the two have changed places. */
  readonly overtakable: boolean;
}

interface Ports {
  readonly injector: Injector;
  readonly clock: Pick<Clock, 'now'>;
}

interface Disturbed {
  readonly events: readonly NewEvent[];
  readonly withheld: readonly Withheld[];
}

/**
 * What injected faults do to events: lose them, send them twice, late, in another order, or without their contents.
 * Without rules it passes all of them on. What it holds back is in memory: a process that is killed loses it.
 */
export class Disturbance {
  readonly #ports: Ports;
  #withheld: readonly Withheld[] = [];

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  /** What of the events is to be numbered now. Call `settle` with the result once that has been committed. */
  apply(events: readonly NewEvent[]): Disturbed {
    const now = this.#ports.clock.now();
    let withheld = this.#withheld;
    const passed: NewEvent[] = [];
    for (const event of events) {
      const effect = this.#ports.injector.take({ point: 'event', subject: event.topic });
      switch (effect?.kind) {
        case 'drop':
          continue;
        case 'delay':
          withheld = [...withheld, { event, until: now + effect.ms, overtakable: false }];
          continue;
        case 'reorder':
          withheld = [...withheld, { event, until: now + REORDER_WITHIN_MS, overtakable: true }];
          continue;
        case 'gap':
          passed.push(event.kind === 'change' ? gapOf(event, effect) : event);
          break;
        case 'duplicate':
          passed.push(event, event);
          break;
        case 'expire':
        case 'loseReply':
        case 'refuse':
        case 'stuck':
        case 'truncate':
        case undefined:
        default:
          passed.push(event);
      }
      passed.push(...withheld.filter(({ overtakable }) => overtakable).map((held) => held.event));
      withheld = withheld.filter(({ overtakable }) => !overtakable);
    }
    return { events: passed, withheld };
  }

  /** Events whose time has come; `settle` with the result once they have been numbered. */
  due(): Disturbed {
    const now = this.#ports.clock.now();
    return {
      events: this.#withheld.filter(({ until }) => until <= now).map(({ event }) => event),
      withheld: this.#withheld.filter(({ until }) => until > now),
    };
  }

  settle({ withheld }: Disturbed): void {
    this.#withheld = withheld;
  }
}
