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

/** Written in the transaction of what it speaks of. */
export async function writeCursor(
  client: pg.ClientBase,
  table: Table,
  cursor: Cursor,
): Promise<void> {
  await client.query(
    `/* writeCursor */ insert into ${own(table, 'cursor')} (table_name, cursor) values ($1, $2)
     on conflict (table_name) do update set cursor = excluded.cursor`,
    [table.plan.table, JSON.stringify(cursor)],
  );
}
