import { z } from 'zod';

import { present } from '../kit/assert.ts';

/** Whatever runs a statement: the pool, or the client of a transaction. */
export interface Sql {
  query(
    text: string,
    values?: unknown[],
  ): Promise<{ readonly rows: unknown[]; readonly rowCount: number | null }>;
}

/** Every row, parsed. */
export async function manyRows<Row extends z.ZodType>(
  sql: Sql,
  row: Row,
  [text, values]: readonly [string, readonly unknown[]],
): Promise<readonly z.output<Row>[]> {
  const { rows } = await sql.query(text, [...values]);
  return z.array(row).parse(rows);
}

/** The one row there may be, parsed. */
export async function findRow<Row extends z.ZodType>(
  sql: Sql,
  row: Row,
  statement: readonly [string, readonly unknown[]],
): Promise<z.output<Row> | undefined> {
  return (await manyRows(sql, row, statement))[0];
}

/** The one row there must be, parsed. */
export async function getRow<Row extends z.ZodType>(
  sql: Sql,
  row: Row,
  statement: readonly [string, readonly unknown[]],
): Promise<z.output<Row>> {
  return present(await findRow(sql, row, statement), 'row');
}

/** Runs a statement whose rows do not matter; resolves to how many it touched. */
export async function run(
  sql: Sql,
  text: string,
  values: readonly unknown[] = [],
): Promise<number> {
  return (await sql.query(text, [...values])).rowCount ?? 0;
}

/** A time as the API writes it: `2026-01-02T03:04:05Z`. */
export const Time = z.date();
