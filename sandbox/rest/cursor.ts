import { z } from 'zod';

import { present } from '../../src/kit/assert.ts';
import { inTransaction } from '../../src/kit/transaction.ts';
import { CURSOR_LIFE_MS, CURSORS_PER_USER_MAX, CURSOR_STORE_PAGE } from '../limits.ts';
import type { Org } from '../org.ts';
import type { Statement } from '../soql/compiled.ts';
import { recordId } from '../store/record-id.ts';

export interface Cursor {
  readonly id: string;
  readonly object: string;
  readonly query: string;
  readonly allRows: boolean;
  readonly total: number;
  readonly batchSize: number;
  /** The number of a child list of the statement; null for its own records. */
  readonly child: number | null;
}

export type NewCursor = Omit<Cursor, 'id' | 'total'> & {
  readonly userId: string;
  /** The cursor of the records that a child list belongs to. */
  readonly parentId: string | null;
};

const LOCATOR_PREFIX = '01g';

const CursorRow = z.object({
  id: z.string(),
  object: z.string(),
  query: z.string(),
  all_rows: z.boolean(),
  total: z.string(),
  batch_size: z.number(),
  child: z.number().nullable(),
});

/**
 * Keeps the ids of a query's rows, in their order, as pages of the store. They never pass through this process, so a
 * query over two million records costs it nothing. Cursors end after two days, and the oldest when a user has too many.
 */
export async function openCursor(
  org: Pick<Org, 'pool' | 'clock'>,
  ids: Statement,
  cursor: NewCursor,
): Promise<Cursor> {
  return inTransaction(org.pool, async (client) => {
    const { rows: numbers } = await client.query(
      `/* openCursor */ select nextval('record_number')::text as number`,
    );
    const [number] = z.array(z.object({ number: z.string() })).parse(numbers);
    const id = recordId(LOCATOR_PREFIX, BigInt(present(number, 'number').number));
    const now = new Date(org.clock.now());
    await client.query(INSERT_CURSOR, [
      id,
      cursor.userId,
      cursor.object,
      cursor.query,
      cursor.allRows,
      cursor.batchSize,
      now,
      cursor.child,
      cursor.parentId,
    ]);
    const position = ids.values.length;
    await client.query(
      `/* storeCursorPages */ insert into query_cursor_pages (cursor_id, number, ids)
select $${position + 1}, (place - 1) / ${CURSOR_STORE_PAGE}, array_agg(id order by place)
  from (select id, row_number() over () as place from (${ids.text}) as found) as numbered
 group by 2`,
      [...ids.values, id],
    );
    const { rows } = await client.query(COUNT_CURSOR, [id]);
    await client.query(PRUNE_CURSORS, [
      cursor.userId,
      new Date(now.getTime() - CURSOR_LIFE_MS),
      CURSORS_PER_USER_MAX,
    ]);
    return asCursor(present(rows[0], 'cursor'));
  });
}

const INSERT_CURSOR = `/* insertCursor */
insert into query_cursors (id, user_id, object, query, all_rows, total, batch_size, created_at, child, parent_cursor)
values ($1, $2, $3, $4, $5, 0, $6, $7, $8, $9)`;

const COUNT_CURSOR = `/* countCursor */
update query_cursors
   set total = (select coalesce(sum(cardinality(ids)), 0) from query_cursor_pages where cursor_id = $1)
 where id = $1
returning id, object, query, all_rows, total::text, batch_size, child`;

const PRUNE_CURSORS = `/* pruneCursors */
delete from query_cursors
 where created_at < $2
    or id in (select id from query_cursors where user_id = $1 and parent_cursor is null order by created_at desc, id desc offset $3)`;

function asCursor(row: unknown): Cursor {
  const parsed = CursorRow.parse(row);
  return {
    id: parsed.id,
    object: parsed.object,
    query: parsed.query,
    allRows: parsed.all_rows,
    total: Number(parsed.total),
    batchSize: parsed.batch_size,
    child: parsed.child,
  };
}

/** Going on to another page of records ends the cursors of the child lists on the page before, as in Salesforce. */
export async function endChildCursors(org: Pick<Org, 'pool'>, { id }: Cursor): Promise<void> {
  await org.pool.query(END_CHILD_CURSORS, [id]);
}

const END_CHILD_CURSORS = `/* endChildCursors */
delete from query_cursors where parent_cursor = $1`;

export async function findCursor(
  org: Pick<Org, 'pool' | 'clock'>,
  id: string,
  userId: string,
): Promise<Cursor | undefined> {
  const { rows } = await org.pool.query(FIND_CURSOR, [
    id.slice(0, 15),
    userId,
    new Date(org.clock.now() - CURSOR_LIFE_MS),
  ]);
  return rows.length === 0 ? undefined : asCursor(rows[0]);
}

const FIND_CURSOR = `/* findCursor */
select id, object, query, all_rows, total::text, batch_size, child
  from query_cursors
 where left(id, 15) = $1 and user_id = $2 and created_at >= $3`;

/** The ids of one page of the answer, from any offset on. */
export async function readCursorIds(
  org: Pick<Org, 'pool'>,
  cursor: Cursor,
  offset: number,
): Promise<readonly string[]> {
  const first = Math.floor(offset / CURSOR_STORE_PAGE);
  const last = Math.floor((offset + cursor.batchSize - 1) / CURSOR_STORE_PAGE);
  const { rows } = await org.pool.query(READ_CURSOR_PAGES, [cursor.id, first, last]);
  const ids = z
    .array(z.object({ ids: z.array(z.string()) }))
    .parse(rows)
    .flatMap((row) => row.ids);
  const skipped = offset - first * CURSOR_STORE_PAGE;
  return ids.slice(skipped, skipped + cursor.batchSize);
}

const READ_CURSOR_PAGES = `/* readCursorPages */
select ids from query_cursor_pages where cursor_id = $1 and number between $2 and $3 order by number`;
