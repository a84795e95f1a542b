import pg from 'pg';
import { z } from 'zod';

import { quoteName } from '../../../src/kit/identifiers.ts';
import { Schema } from '../../../sandbox/schema/schema.ts';
import { STANDARD_OBJECTS } from '../../../sandbox/schema/standard.ts';
import { compileQuery } from '../../../sandbox/soql/compile.ts';
import type { CompiledQuery, CompileOptions } from '../../../sandbox/soql/compiled.ts';
import { ORG_SCHEMA } from '../../../sandbox/store/layout.ts';
import { ensureTables } from '../../../sandbox/store/tables.ts';
import { createTestDatabase } from '../../support/database.ts';

export const NOW = new Date('2026-11-21T10:30:00.000Z');
export const USER_ID = '005gL0000000001QAA';

export interface OrgRows extends AsyncDisposable {
  readonly pool: pg.Pool;
  readonly schema: Schema;
  /** Rows put in as they are, past the writing engine: what a query finds is then known exactly. */
  insert(object: string, rows: readonly Readonly<Record<string, unknown>>[]): Promise<void>;
  compile(text: string, options?: Partial<CompileOptions>): CompiledQuery;
  /** The records as a client reads them, without `attributes` (at any depth). */
  records(text: string, options?: Partial<CompileOptions>): Promise<readonly unknown[]>;
  /** The first column of a statement in SQL, for comparison. */
  sql(text: string): Promise<readonly unknown[]>;
}

/** An org's tables in a fresh database. */
export async function createOrgRows(): Promise<OrgRows> {
  const database = await createTestDatabase();
  const pool = new pg.Pool({ connectionString: database.url, max: 3 });
  const client = await pool.connect();
  await client.query(`create schema ${quoteName(ORG_SCHEMA)}`);
  await ensureTables(client, STANDARD_OBJECTS);
  client.release();
  const schema = new Schema(STANDARD_OBJECTS);
  const compile = (text: string, options: Partial<CompileOptions> = {}): CompiledQuery =>
    compileQuery(text, {
      schema,
      now: NOW,
      apiVersion: '60.0',
      userId: USER_ID,
      includeDeleted: false,
      ...options,
    });
  return {
    pool,
    schema,
    compile,
    async insert(object, rows) {
      for (const row of rows) {
        const entries = Object.entries(row);
        const columns = entries.map(([name]) => quoteName(name.toLowerCase())).join(', ');
        const marks = entries.map((_, at) => `$${at + 1}`).join(', ');
        await pool.query(
          `insert into ${quoteName(ORG_SCHEMA, object.toLowerCase())} (${columns}) values (${marks})`,
          entries.map(([, value]) => value),
        );
      }
    },
    async records(text, options) {
      const { records } = compile(text, options);
      const { rows } = await pool.query({ text: records.text, values: [...records.values] });
      return z
        .array(z.object({ record: z.string() }))
        .parse(rows)
        .map(({ record }) => withoutAttributes(JSON.parse(record)));
    },
    async sql(text) {
      const { rows } = await pool.query({ text, rowMode: 'array' });
      return z
        .array(z.tuple([z.unknown()]).rest(z.unknown()))
        .parse(rows)
        .map(([first]) => first);
    },
    async [Symbol.asyncDispose]() {
      await pool.end();
      await database[Symbol.asyncDispose]();
    },
  };
}

function withoutAttributes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutAttributes);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) =>
      key === 'attributes' ? [] : [[key, withoutAttributes(inner)]],
    ),
  );
}
