import type { Random } from './random.ts';

interface Waiting {
  readonly life: number | null;
  readonly due: number;
  readonly resume: () => void;
}

/**
 * Virtual time, and the one place where anything waits. Whatever the engine awaits from outside ends here, so the
 * scheduler decides which of several waits ends first, and a crash is simply never waking those of the present life.
 */
export class Scheduler {
  readonly #random: Random;
  #waiting: Waiting[] = [];
  #life = 0;
  now = Date.UTC(2026, 0, 1);

  constructor(random: Random) {
    this.#random = random;
  }

  /** Everything the process was doing is gone. What the world outside was doing goes on. */
  crash(): void {
    this.#waiting = this.#waiting.filter(({ life }) => life === null);
    this.#life += 1;
  }

  get life(): number {
    return this.#life;
  }

  /** A place where the process waits for the outside: others may go first, or the process may die here. */
  async point(ms = 0): Promise<void> {
    const life = this.#life;
    const due = this.now + ms;
    await new Promise<void>((resume) => this.#waiting.push({ life, due, resume }));
  }

  /** As `point`, ended early by `woken` of what it returns. */
  rest(ms: number): { readonly done: Promise<void>; readonly wake: () => void } {
    const life = this.#life;
    const { promise, resolve } = Promise.withResolvers<void>();
    const entry: Waiting = { life, due: this.now + ms, resume: resolve };
    this.#waiting.push(entry);
    const wake = (): void => {
      if (!this.#waiting.includes(entry)) return;
      this.#waiting = this.#waiting.filter((other) => other !== entry);
      this.#waiting.push({ life, due: this.now, resume: resolve });
    };
    return { done: promise, wake };
  }

  /** Something the world does by itself, whatever becomes of the process. */
  later(ms: number, act: () => void): void {
    this.#waiting.push({ life: null, due: this.now + ms, resume: act });
  }

  /** Ends one wait that is due, else moves time to the next one. False: nothing waits. */
  async turn(): Promise<boolean> {
    if (this.#waiting.length === 0) return false;
    const earliest = Math.min(...this.#waiting.map(({ due }) => due));
    if (earliest > this.now) this.now = earliest;
    const ready = this.#waiting.filter(({ due }) => due <= this.now);
    const chosen = this.#random.pick(ready);
    if (chosen === undefined) return false;
    this.#waiting = this.#waiting.filter((other) => other !== chosen);
    chosen.resume();
    // Lets everything that follows from it run, up to its next wait.
    await new Promise(setImmediate);
    return true;
  }
}
