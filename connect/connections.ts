import { ConnectionLife, type LifeParts } from './connection-life.ts';

/** The running lives of all connections of this service. */
export class Connections {
  readonly #parts: LifeParts;
  readonly #signal: AbortSignal;
  readonly #running = new Map<
    string,
    { readonly life: ConnectionLife; readonly stop: AbortController; readonly ended: Promise<void> }
  >();

  /** @param signal ends all of them */
  constructor(parts: LifeParts, signal: AbortSignal) {
    this.#parts = parts;
    this.#signal = signal;
  }

  async startAll(): Promise<void> {
    for (const { id } of await this.#parts.registry.connections.list()) this.start(id);
  }

  /** Starts the connection, if it is not running yet. */
  start(id: string): ConnectionLife {
    const running = this.#running.get(id);
    if (running !== undefined) return running.life;
    const life = new ConnectionLife(id, this.#parts);
    const stop = new AbortController();
    const ended = life.run(AbortSignal.any([this.#signal, stop.signal]));
    this.#running.set(id, { life, stop, ended });
    return life;
  }

  get(id: string): ConnectionLife {
    return this.start(id);
  }

  all(): readonly ConnectionLife[] {
    return [...this.#running.values()].map(({ life }) => life);
  }

  /** Stops it for good: its loops have ended when this resolves. */
  async remove(id: string): Promise<void> {
    const running = this.#running.get(id);
    if (running === undefined) return;
    running.stop.abort();
    await running.ended;
    this.#running.delete(id);
  }

  async ended(): Promise<void> {
    await Promise.all([...this.#running.values()].map(({ ended }) => ended));
  }
}
