import type pg from 'pg';
import { z } from 'zod';

import { present } from '../../src/kit/assert.ts';
import type { Token } from '../core/row.ts';
import { ours, schemaNames } from './schema-names.ts';

/** The next number of the connection's sequence, which puts the ends of writes and the beginnings of reads in order. */
export async function nextToken(client: pg.ClientBase | pg.Pool, schema: string): Promise<Token> {
  const { rows } = await client.query(`/* nextToken */ select nextval($1::regclass) as token`, [
    ours(schemaNames(schema), 'token'),
  ]);
  const [row] = z.array(z.object({ token: z.coerce.number() })).parse(rows);
  return present(row, 'the next token').token;
}
