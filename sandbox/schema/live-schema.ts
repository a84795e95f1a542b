import type pg from 'pg';

import { messageOf } from '../../src/kit/fault.ts';
import type { Log } from '../../src/kit/log.ts';
import { inTransaction } from '../../src/kit/transaction.ts';
import { ensureTables } from '../store/tables.ts';
import { readCustomSchema } from './custom-store.ts';
import type { Schema } from './schema.ts';

/**
 * The schema the org shows. What a transaction writes of records that shape it (RecordType, CurrencyType) is seen by
 * that transaction alone; everybody else sees what has been committed, and sees it from the first request on that
 * begins after the transaction has ended, however it ended.
 */
export class LiveSchema {
  readonly #pool: pg.Pool;
  readonly #log: Log;
  readonly #own = new WeakMap<pg.PoolClient, Schema>();
  #shown: Schema;
  #settled: Promise<void> = Promise.resolve();
  #stale = false;

  constructor(pool: pg.Pool, log: Log, shown: Schema) {
    this.#pool = pool;
    this.#log = log;
    this.#shown = shown;
    pool.on('release', (_error: unknown, client: pg.PoolClient) => {
      if (this.#own.delete(client)) void this.#reload();
    });
  }

  /** What everybody sees, or one transaction. */
  of(client?: pg.PoolClient): Schema {
    return (client === undefined ? undefined : this.#own.get(client)) ?? this.#shown;
  }

  /** Committed already. */
  replace(schema: Schema): void {
    this.#shown = schema;
  }

  /** Records that shape the schema were written: by this transaction, or committed. */
  async shapeChanged(client?: pg.PoolClient): Promise<void> {
    if (client === undefined) await this.#reload();
    else this.#own.set(client, await read(client));
  }

  /** Resolves once what transactions that have ended wrote is shown. */
  settled(): Promise<void> {
    return this.#stale ? this.#reload() : this.#settled;
  }

  #reload(): Promise<void> {
    this.#settled = this.#reloadAfter(this.#settled);
    return this.#settled;
  }

  async #reloadAfter(earlier: Promise<void>): Promise<void> {
    await earlier;
    try {
      this.#shown = await inTransaction(this.#pool, async (client) => {
        // A change of the schema that is under way is waited for, so that an older one is never shown after it.
        await client.query('lock table custom_objects, custom_fields in share mode');
        return read(client);
      });
      this.#stale = false;
    } catch (error) {
      // The next request tries again.
      this.#stale = true;
      this.#log.error({ err: error }, `the schema could not be read anew: ${messageOf(error)}`);
    }
  }
}

async function read(client: pg.PoolClient): Promise<Schema> {
  const fresh = await readCustomSchema(client);
  await ensureTables(client, fresh.objects);
  return fresh;
}
