import pg from 'pg';
import { z } from 'zod';

import type { Lease, LeaseTable } from '../../registry.ts';

/** Advisory locks of ours are keyed by the connection's id and this number, which nobody else takes here. */
const LEASE_SEED = 7_251_906;

/**
 * Leases as locks of one session of Connect's own database. The server frees them when the session ends, however it
 * ends, so a process that was killed hands over at once, and one whose session broke learns that it holds nothing.
 */
export class Leases implements LeaseTable, AsyncDisposable {
  readonly #url: string;
  #session: { readonly client: pg.Client; readonly lost: AbortController } | undefined;
  #connecting: Promise<{ readonly client: pg.Client; readonly lost: AbortController }> | undefined;

  constructor(url: string) {
    this.#url = url;
  }

  async take(connectionId: string): Promise<Lease | undefined> {
    const { client, lost } = await this.#connected();
    const { rows } = await client.query(TAKE, [connectionId, LEASE_SEED]);
    const [row] = z.array(z.object({ taken: z.boolean() })).parse(rows);
    if (row?.taken !== true) return undefined;
    return {
      lost: lost.signal,
      async [Symbol.asyncDispose]() {
        if (lost.signal.aborted) return;
        await client.query(GIVE_BACK, [connectionId, LEASE_SEED]).catch(() => undefined);
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session?.client.end();
  }

  async #connected(): Promise<{ readonly client: pg.Client; readonly lost: AbortController }> {
    if (this.#session !== undefined) return this.#session;
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }

  async #connect(): Promise<{ readonly client: pg.Client; readonly lost: AbortController }> {
    const lost = new AbortController();
    const client = new pg.Client({
      connectionString: this.#url,
      application_name: 'landbridge-connect leases',
      keepAlive: true,
    });
    const session = { client, lost };
    const end = (): void => {
      lost.abort();
      if (this.#session === session) this.#session = undefined;
    };
    client.on('error', end);
    client.on('end', end);
    await client.connect();
    this.#session = session;
    return session;
  }
}

const TAKE = `/* takeLease */
select pg_try_advisory_lock(hashtextextended($1, $2)) as taken`;

const GIVE_BACK = `/* giveLeaseBack */
select pg_advisory_unlock(hashtextextended($1, $2))`;
