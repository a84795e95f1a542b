import type pg from 'pg';
import type { z } from 'zod';

export type Sql = Pick<pg.ClientBase, 'query'>;
export type Statement = readonly [text: string, values?: readonly unknown[]];

/** Runs a statement and parses its rows: what comes out of the database is looked at once, here. */
export async function manyRows<T>(
  sql: Sql,
  schema: z.ZodType<T>,
  [text, values = []]: Statement,
): Promise<readonly T[]> {
  const { rows } = await sql.query(text, [...values]);
  return schema.array().parse(rows);
}

export async function findRow<T>(
  sql: Sql,
  schema: z.ZodType<T>,
  statement: Statement,
): Promise<T | undefined> {
  const [row] = await manyRows(sql, schema, statement);
  return row;
}

export async function getRow<T>(sql: Sql, schema: z.ZodType<T>, statement: Statement): Promise<T> {
  const row = await findRow(sql, schema, statement);
  if (row === undefined) throw new TypeError(`no row: ${statement[0].slice(0, 60)}`);
  return row;
}

export async function run(sql: Sql, [text, values = []]: Statement): Promise<void> {
  await sql.query(text, [...values]);
}
