import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import type pg from 'pg';
import copy from 'pg-copy-streams';
import { z } from 'zod';

import { quoteName } from '../../src/kit/identifiers.ts';
import { inTransaction } from '../../src/kit/transaction.ts';
import { tableNames } from '../core/table-plan.ts';
import { fault } from '../faults.ts';
import { LOAD_LOCK_TIMEOUT_MS } from '../limits.ts';
import type { LoadState } from '../ports.ts';
import { openPage, type CsvPage } from './csv-page.ts';
import { codeOf, isDataError, LOCK_NOT_AVAILABLE, UNIQUE_VIOLATION } from './error-codes.ts';
import { IS_KEYLESS_CREATE } from './find-rows.ts';
import { writeLoad } from './load-state.ts';
import { createStage, createTextStage, mergeStage, siftStage } from './merge-stage.ts';
import { BEGIN } from './session.ts';
import { columnList, own, type Table } from './table.ts';

export interface PageToLoad {
  readonly csv: Readable;
  /** Where the load stands once this page is written; its `records` is that of before the page. */
  readonly next: LoadState;
}

/**
 * Writes one page of a bulk load straight from Salesforce's CSV into the table: PostgreSQL parses it, JavaScript never
 * does. Resolves to the number of records in the page.
 *
 * ```
 *   table has no record yet ── fill ──► COPY into the table, its triggers off
 *        │ a record of the page is there already (the application created it meanwhile)
 *        ▼
 *   table has records ──────── merge ─► COPY into a stage, then set by set into the table
 *        │ a value does not fit its column
 *        ▼
 *                              sift ──► COPY into a stage of text, what fits of it into the stage above
 * ```
 *
 * The page and the load's new state are one transaction: a kill at any moment repeats at most this page, and the page
 * it repeats was never there.
 */
export async function loadPage(table: Table, page: PageToLoad): Promise<number> {
  const mode = await chooseMode(table, page.next);
  const opened = await openPage(page.csv, table.plan);
  try {
    return await inTransaction(
      table.pool,
      async (client) => {
        const records = await WRITERS[mode](client, table, { opened, page });
        await writeLoad(client, table, {
          ...page.next,
          records: page.next.records + records,
          mode,
        });
        return records;
      },
      BEGIN,
    );
  } catch (error) {
    throw await fallBack(table, mode, error);
  } finally {
    page.csv.destroy();
  }
}

type Mode = 'fill' | 'merge' | 'sift';

/**
 * Decided at a job's first page, and kept. A table is never filled while a create without external id is on the
 * wire: nothing could tell the new record of the page from the row that waits for it.
 */
async function chooseMode(table: Table, next: LoadState): Promise<Mode> {
  return inTransaction(
    table.pool,
    async (client) => {
      const { rows } = await client.query(chooseModeText(table), [table.plan.table, next.jobId]);
      const [row] = z.array(Chosen).parse(rows);
      const mode = row?.mode ?? (row?.empty === false ? 'merge' : 'fill');
      return mode === 'fill' && (await hasOpenCreates(client, table))
        ? switchMode(client, table, 'merge')
        : mode;
    },
    BEGIN,
  );
}

const Chosen = z.object({ mode: z.enum(['fill', 'merge', 'sift']).nullable(), empty: z.boolean() });

const chooseModeText = (table: Table): string => `/* chooseMode */
select (select mode from ${own(table, 'load')} where table_name = $1 and job_id = $2) as mode,
       not exists (select 1 from ${table.sql} where sfid is not null) as empty`;

async function hasOpenCreates(client: pg.ClientBase, table: Table): Promise<boolean> {
  const { rowCount } = await client.query(
    `/* hasOpenCreates */ select 1 from ${own(table, 'row_sync')}
      where table_name = $1 and ${IS_KEYLESS_CREATE} limit 1`,
    [table.plan.table],
  );
  return rowCount === 1;
}

/** From now on the load goes this way. What the table holds so far has been seen by it. */
async function switchMode(
  client: pg.ClientBase,
  table: Table,
  mode: 'merge' | 'sift',
): Promise<Mode> {
  await client.query(
    `/* switchMode */ update ${own(table, 'load')} set mode = $2 where table_name = $1`,
    [table.plan.table, mode],
  );
  await client.query(
    `/* noteAllSeen */ insert into ${own(table, 'load_seen')} (table_name, sfid)
     select $1, sfid from ${table.sql} where sfid is not null on conflict do nothing`,
    [table.plan.table],
  );
  return mode;
}

/** The page's transaction is undone. Where another way would have taken it, that way is kept, and the page read again. */
async function fallBack(table: Table, mode: Mode, error: unknown): Promise<unknown> {
  const isDoubled = codeOf(error) === UNIQUE_VIOLATION;
  const next = mode === 'fill' && isDoubled ? 'merge' : 'sift';
  if (mode === 'sift' || !isDataError(error) || (mode === 'merge' && isDoubled)) return error;
  await inTransaction(table.pool, (client) => switchMode(client, table, next), BEGIN);
  return fault(
    'LOAD_PAGE_REPEATED',
    `A page of the load of ${table.plan.object} could not be written as it is; it is read again and ${next === 'merge' ? 'merged with the rows that appeared meanwhile' : 'what does not fit is left out'}.`,
    { cause: error },
  );
}

interface Opened {
  readonly opened: CsvPage;
  readonly page: PageToLoad;
}

type Writer = (client: pg.ClientBase, table: Table, page: Opened) => Promise<number>;

const WRITERS: Readonly<Record<Mode, Writer>> = {
  async fill(client, table, { opened }) {
    const quiet = await turnTriggers(client, table, 'disable');
    const records = await copyInto(client, table.sql, opened);
    // With the triggers off nobody else can write here, so what is looked for cannot appear behind our back.
    await client.query(yieldToWrites(table), [table.plan.table]);
    if (quiet) await turnTriggers(client, table, 'enable');
    return records;
  },
  async merge(client, table, { opened, page }) {
    const records = await copyInto(client, await createStage(client, table), opened);
    await mergeStage(client, table, page.next.token);
    return records;
  },
  async sift(client, table, { opened, page }) {
    const records = await copyInto(client, await createTextStage(client, table), opened);
    await siftStage(client, table);
    await mergeStage(client, table, page.next.token);
    return records;
  },
};

/**
 * PostgreSQL copies rows in batches only where no trigger has to see each one (1.5 times as fast, measured). The lock
 * this takes lets others read; writers wait for one page. When it cannot be had soon, the triggers stay on and say the same.
 */
async function turnTriggers(
  client: pg.ClientBase,
  table: Table,
  to: 'enable' | 'disable',
): Promise<boolean> {
  const { statusTrigger, loggerTrigger, keyTrigger } = tableNames(table.plan.object);
  const { rows } = await client.query(FIND_TRIGGERS, [
    table.sql,
    [statusTrigger, loggerTrigger, keyTrigger],
  ]);
  const present = z.array(z.object({ name: z.string() })).parse(rows);
  const actions = present.map(({ name }) => `${to} trigger ${quoteName(name)}`).join(', ');
  if (actions === '') return false;
  await client.query('savepoint triggers');
  try {
    await client.query(`set local lock_timeout = ${LOAD_LOCK_TIMEOUT_MS}`);
    await client.query(`alter table ${table.sql} ${actions}`);
    await client.query('set local lock_timeout = 0; release savepoint triggers');
    return true;
  } catch (error) {
    if (codeOf(error) !== LOCK_NOT_AVAILABLE) throw error;
    await client.query('rollback to savepoint triggers');
    return false;
  }
}

const FIND_TRIGGERS = `/* findTriggers */
select tgname as name from pg_trigger where tgrelid = $1::regclass and tgname = any ($2::text[])`;

/**
 * A record that the application created, and wrote or deleted since, while the load was under way: its row here would be
 * a second one beside what the log tells of it. It is taken out again and read once that is settled.
 */
const yieldToWrites = (table: Table): string => `/* yieldToWrites */
with told as (
  select sfid, record_id from ${table.log}
   where table_name = $1 and state in ('NEW', 'PENDING') and sfid is not null
  union
  select sfid, record_id from ${own(table, 'row_sync')} where table_name = $1 and sfid is not null
), taken as (
  delete from ${table.sql} t using told where t.sfid = told.sfid and t.id <> told.record_id returning t.sfid
)
insert into ${own(table, 'read_again')} (table_name, sfid) select distinct $1, sfid from taken on conflict do nothing`;

/** Salesforce writes null as an empty cell, quoted or not; FORCE_NULL reads both so. */
async function copyInto(
  client: pg.ClientBase,
  target: string,
  { columns, rest }: CsvPage,
): Promise<number> {
  const list = columnList(columns);
  const into = client.query(
    copy.from(`copy ${target} (${list}) from stdin (format csv, force_null (${list}))`),
  );
  await pipeline(rest, into);
  return into.rowCount;
}
