import type pg from 'pg';

import type { Cursor } from '../core/cursor.ts';
import type { MappingPlan } from '../core/plan.ts';
import type { Token } from '../core/row.ts';
import type { Effect } from '../core/step-types.ts';
import type {
  AddressedEvent,
  Claimed,
  ClaimRequest,
  LoadState,
  StepOptions,
  Store,
  ToRead,
} from '../ports.ts';
import { getHstoreSchema } from './prepare-schema.ts';
import { claim } from './claim.ts';
import { readCursor } from './cursor.ts';
import { loadPage, type PageToLoad } from './load-page.ts';
import { finishLoad, readLoad, saveLoad } from './load-state.ts';
import { stepRows } from './step-rows.ts';
import { tableOf, type Table } from './table.ts';
import { nextToken } from './token.ts';
import { findUnansweredRows, forget, toRead } from './waiting-reads.ts';

/** The engine's store over one application's database: each method is one transaction, argued where it stands. */
export class PostgresStore implements Store {
  readonly #pool: pg.Pool;
  readonly #schema: string;
  #hstore: Promise<string> | undefined;

  constructor(pool: pg.Pool, schema: string) {
    this.#pool = pool;
    this.#schema = schema;
  }

  async nextToken(): Promise<Token> {
    return nextToken(this.#pool, this.#schema);
  }

  async claim(mapping: MappingPlan, request: ClaimRequest): Promise<Claimed> {
    return claim(await this.#table(mapping), request);
  }

  async step(
    mapping: MappingPlan,
    steps: readonly AddressedEvent[],
    options: StepOptions,
  ): Promise<readonly Effect[]> {
    return stepRows(await this.#table(mapping), steps, options);
  }

  async toRead(
    mapping: MappingPlan,
    options: { readonly max: number; readonly now: number },
  ): Promise<ToRead> {
    return toRead(await this.#table(mapping), options);
  }

  async recover(mapping: MappingPlan, options: StepOptions): Promise<number> {
    const table = await this.#table(mapping);
    const recordIds = await findUnansweredRows(table);
    const steps = recordIds.map((recordId): AddressedEvent => ({
      recordId,
      event: { kind: 'crashed' },
    }));
    await stepRows(table, steps, options);
    return recordIds.length;
  }

  async forget(mapping: MappingPlan, before: Token): Promise<void> {
    await forget(await this.#table(mapping), before);
  }

  async readCursor(mapping: MappingPlan): Promise<Cursor | null> {
    return readCursor(await this.#table(mapping));
  }

  async readLoad(mapping: MappingPlan): Promise<LoadState | null> {
    return readLoad(await this.#table(mapping));
  }

  async saveLoad(mapping: MappingPlan, load: LoadState): Promise<void> {
    await saveLoad(await this.#table(mapping), load);
  }

  async loadPage(mapping: MappingPlan, page: PageToLoad): Promise<number> {
    return loadPage(await this.#table(mapping), page);
  }

  async finishLoad(mapping: MappingPlan, cursor: Cursor): Promise<void> {
    await finishLoad(await this.#table(mapping), cursor);
  }

  /** Where hstore is does not change under us; it is asked once, and again after a failure. */
  async #table(mapping: MappingPlan): Promise<Table> {
    this.#hstore ??= getHstoreSchema(this.#pool).catch((error: unknown) => {
      this.#hstore = undefined;
      throw error;
    });
    return tableOf(this.#pool, mapping, await this.#hstore);
  }
}
