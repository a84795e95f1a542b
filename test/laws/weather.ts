import type { Random } from './random.ts';

/** How unkind the world is in one history. In calm weather nothing fails, but nothing is instant either. */
export class Weather {
  readonly #random: Random;
  readonly #loss: number;
  readonly #late: number;
  readonly #busy: number;
  readonly #reads: number;
  readonly #store: number;
  readonly #hinting: number;
  readonly crashes: number;
  readonly hasAutomation: boolean;
  readonly lateMsMax = 5_000;
  readonly serverAppliesWithinMs = 20_000;
  calm = false;

  constructor(random: Random) {
    this.#random = random;
    const some = (most: number): number => (random.chance(0.3) ? 0 : random.next() * most);
    this.#loss = some(0.5);
    this.#late = some(0.6);
    this.#busy = some(0.2);
    this.#reads = some(0.2);
    this.#store = some(0.1);
    this.#hinting = random.next();
    this.crashes = some(0.04);
    this.hasAutomation = random.chance(0.3);
  }

  fateOfWrite(): 'answered' | 'unsent' | 'lost before' | 'lost after' | 'zombie' {
    if (this.calm || !this.#random.chance(this.#loss)) return 'answered';
    return this.#random.pick(['unsent', 'lost before', 'lost after', 'zombie']);
  }

  failsRead(): boolean {
    return !this.calm && this.#random.chance(this.#reads);
  }

  failsStore(): boolean {
    return !this.calm && this.#random.chance(this.#store);
  }

  refusesBusy(): boolean {
    return !this.calm && this.#random.chance(this.#busy);
  }

  isLate(): boolean {
    return !this.calm && this.#random.chance(this.#late);
  }

  hints(): boolean {
    return !this.calm && this.#random.chance(this.#hinting);
  }
}
