import type pg from 'pg';

import { inTransaction } from '../../src/kit/transaction.ts';
import { REQUEST_TRANSACTIONS_MAX } from '../limits.ts';

/** Transactions that are under way on a pool, and who waits to begin one. */
class Slots {
  #free = REQUEST_TRANSACTIONS_MAX;
  readonly #waiting: (() => void)[] = [];

  async take(): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  give(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}

const slots = new WeakMap<pg.Pool, Slots>();

/**
 * Runs a request's work in one transaction: all of it commits or nothing. Within a transaction of the request already
 * (composite with allOrNone) it is a part of that, undone by itself when it fails.
 *
 * Such work may ask the pool for a second connection while it holds its own, for what it only reads. If as many did as
 * the pool has connections, each would wait for the others for ever; so fewer may begin, and the rest wait.
 */
export async function inRequestTransaction<T>(
  { org, client }: { readonly org: { readonly pool: pg.Pool }; readonly client?: pg.PoolClient },
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  if (client !== undefined) return asPart(client, work);
  const own = slots.get(org.pool) ?? new Slots();
  slots.set(org.pool, own);
  await own.take();
  try {
    return await inTransaction(org.pool, work);
  } finally {
    own.give();
  }
}

async function asPart<T>(
  client: pg.PoolClient,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  await client.query('savepoint part');
  try {
    const result = await work(client);
    await client.query('release savepoint part');
    return result;
  } catch (error) {
    await client.query('rollback to savepoint part; release savepoint part');
    throw error;
  }
}
