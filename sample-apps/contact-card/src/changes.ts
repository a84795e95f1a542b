import { EventEmitter, once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

import pg from 'pg';

const CHANNEL = 'contact_card_changed';
const RETRY_MS = 1_000;
/** How many ids one notification names; beyond that it says only that much has changed. */
const IDS_MAX = 50;

/**
 * Follows the contact table: PostgreSQL tells us by LISTEN when rows changed, whoever changed them, and we tell the open
 * pages. A notification is only a hint to look again; after a lost connection one is made up, so none is missed.
 */
export class Changes {
  readonly #url: string;
  readonly #schema: string;
  readonly #events = new EventEmitter();

  constructor(url: string, schema: string) {
    this.#url = url;
    this.#schema = schema;
    this.#events.setMaxListeners(0);
  }

  /** Calls `listener` with the ids that changed, or with none when it could be any. */
  subscribe(listener: (ids: readonly string[]) => void): () => void {
    this.#events.on('changed', listener);
    return () => {
      this.#events.off('changed', listener);
    };
  }

  async follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const client = new pg.Client({ connectionString: this.#url, keepAlive: true });
      try {
        await this.#listen(client, signal);
      } catch (error) {
        if (!signal.aborted)
          console.error(`listening for changes failed, trying again: ${String(error)}`);
      } finally {
        await client.end().catch(() => undefined);
      }
      await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  async #listen(client: pg.Client, signal: AbortSignal): Promise<void> {
    const ended = once(client, 'end', { signal });
    ended.catch(() => undefined);
    await client.connect();
    client.on('notification', ({ payload }) => {
      this.#events.emit(
        'changed',
        payload === undefined || payload === '' ? [] : payload.split(','),
      );
    });
    await client.query(`listen ${CHANNEL}`);
    while (!(await install(client, this.#schema))) await delay(RETRY_MS, undefined, { signal });
    this.#events.emit('changed', []);
    await ended;
  }
}

/** Puts the app's own trigger beside Connect's; false while the table is not there yet. */
async function install(client: pg.Client, schema: string): Promise<boolean> {
  const table = `${pg.escapeIdentifier(schema)}.contact`;
  const { rows } = await client.query<{ there: boolean }>(
    'select to_regclass($1) is not null as there',
    [table],
  );
  if (rows[0]?.there !== true) return false;
  await client.query('begin');
  try {
    // Several dynos may start at once; the second waits here and finds the work done.
    await client.query(`select pg_advisory_xact_lock(hashtext('contact-card'))`);
    await client.query(`create schema if not exists contact_card`);
    await client.query(FUNCTION);
    for (const [event, rowsOf] of [
      ['insert', 'new'],
      ['update', 'new'],
      ['delete', 'old'],
    ] as const) {
      await client.query(
        `create or replace trigger contact_card_${event} after ${event} on ${table}
           referencing ${rowsOf} table as changed for each statement execute function contact_card.tell()`,
      );
    }
    await client.query('commit');
    return true;
  } catch (error) {
    await client.query('rollback');
    throw error;
  }
}

/** One notification a statement, however many rows: a load of a million contacts costs no more than one. */
const FUNCTION = `create or replace function contact_card.tell() returns trigger language plpgsql as $$
declare ids text;
begin
  select string_agg(id::text, ',') into ids from (select id from changed limit ${IDS_MAX + 1}) as few;
  if ids is not null then
    perform pg_notify('${CHANNEL}', case when array_length(string_to_array(ids, ','), 1) > ${IDS_MAX} then '' else ids end);
  end if;
  return null;
end $$`;
