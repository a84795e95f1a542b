import { randomUUID } from 'node:crypto';

/** Where something can be made to go wrong, and what a rule may look at there. */
export interface Occasion {
  /**
   * - `request`: an HTTP request has arrived. `subject` is `POST /services/data/v60.0/composite/sobjects`.
   * - `record`: a record is about to be written. `subject` is `update Contact 003…` (create has no id).
   * - `event`: an event is about to be delivered. `subject` is its channel.
   * - `replay`: a subscriber asks for the events after a replay id. `subject` is the channel.
   * - `batch`: a batch of a bulk job is about to be worked on. `subject` is `upsert Contact`.
   */
  readonly point: 'request' | 'record' | 'event' | 'replay' | 'batch';
  readonly subject: string;
}

/** What happens then. Each point takes the kinds that mean something there. */
export type Effect =
  /** request, record, batch: refused with a Salesforce error; the request has no other effect. */
  | {
      readonly kind: 'refuse';
      readonly errorCode: string;
      readonly message: string;
      readonly status?: number | undefined;
    }
  /** request: carried out, committed, but the connection is cut instead of an answer. */
  | { readonly kind: 'loseReply' }
  /** request: the answer ends after so many bytes. */
  | { readonly kind: 'truncate'; readonly bytes: number }
  /** request, event, batch: later. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** batch: goes on for ever; only an abort of its job ends it. */
  | { readonly kind: 'stuck' }
  /** event: not delivered. */
  | { readonly kind: 'drop' }
  /** event: delivered twice. */
  | { readonly kind: 'duplicate' }
  /** event: changes places with the next one. */
  | { readonly kind: 'reorder' }
  /** event: a change event loses its contents; with `wildcard` also its records' ids (`003*`). */
  | { readonly kind: 'gap'; readonly wildcard: boolean }
  /** replay: the replay id is no longer valid. */
  | { readonly kind: 'expire' };

export interface Rule {
  readonly point: Occasion['point'];
  /** A regular expression that the subject must match. */
  readonly subject: string;
  readonly effect: Effect;
  /** How often it happens before the rule is used up; null is for ever. */
  readonly count: number | null;
  /** 0 to 1: by the seed's own dice, so that a run can be repeated. */
  readonly probability: number;
  readonly seed: number;
  /** Occasions to let pass first. */
  readonly skip: number;
}

export interface ActiveRule extends Rule {
  readonly id: string;
  readonly happened: number;
}

interface State {
  readonly id: string;
  readonly rule: Rule;
  readonly pattern: RegExp;
  readonly chance: () => number;
  happened: number;
  seen: number;
}

/** Makes things go wrong on purpose, by rules. Without rules it is asked and says nothing. */
export class Injector {
  #rules: State[] = [];

  add(rule: Rule): ActiveRule {
    const state = {
      id: randomUUID(),
      rule,
      pattern: new RegExp(rule.subject, 'i'),
      chance: dice(rule.seed),
      happened: 0,
      seen: 0,
    };
    this.#rules.push(state);
    return shown(state);
  }

  list(): readonly ActiveRule[] {
    return this.#rules.map(shown);
  }

  /** Removes one rule, or all. Resolves whether there was one. */
  remove(id?: string): boolean {
    const before = this.#rules.length;
    this.#rules = id === undefined ? [] : this.#rules.filter((state) => state.id !== id);
    return this.#rules.length < before;
  }

  /** What is to happen on this occasion: the effect of the first rule that says so. */
  take({ point, subject }: Occasion): Effect | undefined {
    for (const state of this.#rules) {
      const { rule } = state;
      if (rule.point !== point || !state.pattern.test(subject)) continue;
      if (rule.count !== null && state.happened >= rule.count) continue;
      state.seen += 1;
      if (state.seen <= rule.skip || state.chance() >= rule.probability) continue;
      state.happened += 1;
      return rule.effect;
    }
    return undefined;
  }
}

function shown({ id, rule, happened }: State): ActiveRule {
  return { id, ...rule, happened };
}

/** Numbers from 0 to 1 that a seed repeats (mulberry32). */
function dice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
