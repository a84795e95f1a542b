import type pg from 'pg';
import { z } from 'zod';

import type { Cursor } from '../core/cursor.ts';
import { own, type Table } from './table.ts';

const Keyset = z.object({ stamp: z.string(), id: z.string() });
const CursorJson = z.object({
  asOf: z.string().nullable(),
  sweep: z.object({ since: z.string().nullable(), asOf: z.string(), after: Keyset }).nullable(),
});

export async function readCursor(table: Table): Promise<Cursor | null> {
  const { rows } = await table.pool.query(
    `/* readCursor */ select cursor from ${own(table, 'cursor')} where table_name = $1`,
    [table.plan.table],
  );
  const [row] = z.array(z.object({ cursor: CursorJson })).parse(rows);
  return row?.cursor ?? null;
}

/**
 * Moves the cursor, in the transaction of the page it has passed. Where it was taken away (the table is to be loaded
 * again) it stays away.
 */
export async function moveCursor(
  client: pg.ClientBase,
  table: Table,
  cursor: Cursor,
): Promise<void> {
  await client.query(
    `/* moveCursor */ update ${own(table, 'cursor')} set cursor = $2 where table_name = $1`,
    [table.plan.table, JSON.stringify(cursor)],
  );
}

/** Puts the cursor where a complete load has come to. */
export async function placeCursor(
  client: pg.ClientBase,
  table: Table,
  cursor: Cursor,
): Promise<void> {
  await client.query(
    `/* placeCursor */ insert into ${own(table, 'cursor')} (table_name, cursor) values ($1, $2)
     on conflict (table_name) do update set cursor = excluded.cursor`,
    [table.plan.table, JSON.stringify(cursor)],
  );
}
