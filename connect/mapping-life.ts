import type { Log } from '../src/kit/log.ts';
import { afterReport, beginning, type MappingStatus } from './connection-state.ts';
import { MappingSync, type MappingSyncOptions } from './sync/mapping-sync.ts';

export interface MappingParts extends Omit<MappingSyncOptions, 'report'> {
  readonly log: Log;
  readonly onStatus: () => void;
}

/** One mapping's loops, and what they say of themselves. What fails here stops no other mapping. */
export class MappingLife {
  readonly #parts: MappingParts;
  readonly #sync: MappingSync;
  #status: MappingStatus = beginning(false);

  constructor({ onStatus, ...options }: MappingParts) {
    this.#parts = { onStatus, ...options };
    this.#sync = new MappingSync({
      ...options,
      log: options.log.child({ mapping: options.plan.table }),
      report: (report) => {
        this.#status = afterReport(this.#status, report, options.clock.now());
        onStatus();
      },
    });
  }

  get status(): MappingStatus {
    return this.#status;
  }

  /** Whether a write of this mapping may wait for one of that table. */
  isChildOf(table: string): boolean {
    return this.#parts.plan.fields.some(({ parent }) => parent?.table === table);
  }

  wakePush(): void {
    this.#sync.wakePush();
  }

  wakePull(): void {
    this.#sync.wakePull();
  }

  async run(signal: AbortSignal): Promise<void> {
    const { store, plan } = this.#parts;
    const loaded = (await store.readCursor(plan)) !== null && (await store.readLoad(plan)) === null;
    this.#status = beginning(loaded);
    await this.#sync.run(signal);
  }
}
