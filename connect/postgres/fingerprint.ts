import { createHash } from 'node:crypto';

import type pg from 'pg';
import { z } from 'zod';

import { ours, type SchemaNames } from './schema-names.ts';

/**
 * What was made last time, so that a start with nothing to make asks for no table's lock: an application's long
 * transaction would else keep its own connection from starting.
 */
export function fingerprintOf(statements: readonly string[]): string {
  return createHash('sha256').update(statements.join('\n')).digest('hex');
}

export interface Made {
  /** A mapped table's name; empty: the fixed objects of the schema. */
  readonly name: string;
  readonly fingerprint: string;
  /** What has to be there still, quoted: people take things away by hand. */
  readonly relations: readonly string[];
}

export async function isAsBefore(
  client: pg.ClientBase,
  names: SchemaNames,
  { name, fingerprint, relations }: Made,
): Promise<boolean> {
  const table = ours(names, 'fingerprint');
  const { rows } = await client.query(
    `/* findFingerprints */ select to_regclass($1) is not null as present,
       not exists (select 1 from unnest($2::text[]) as r where to_regclass(r) is null) as complete`,
    [table, relations],
  );
  const [state] = z.array(z.object({ present: z.boolean(), complete: z.boolean() })).parse(rows);
  if (state?.present !== true || !state.complete) return false;
  const { rowCount } = await client.query(
    `/* isAsBefore */ select 1 from ${table} where name = $1 and value = $2`,
    [name, fingerprint],
  );
  return rowCount === 1;
}

export async function noteFingerprint(
  client: pg.ClientBase,
  names: SchemaNames,
  { name, fingerprint }: Made,
): Promise<void> {
  await client.query(
    `/* noteFingerprint */ insert into ${ours(names, 'fingerprint')} (name, value) values ($1, $2)
     on conflict (name) do update set value = excluded.value`,
    [name, fingerprint],
  );
}
