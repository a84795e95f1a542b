import { z } from 'zod';

import { findRow, manyRows, run, Time, type Sql } from './sql.ts';

export const Source = z.object({
  id: z.uuid(),
  user_id: z.uuid(),
  key_hash: z.instanceof(Buffer),
  size: z.coerce.number().nullable(),
  created_at: Time,
});
export type Source = Readonly<z.infer<typeof Source>>;

const COLUMNS = 'id, user_id, key_hash, size, created_at';

export async function insertSource(
  sql: Sql,
  source: { readonly id: string; readonly userId: string; readonly keyHash: Buffer },
): Promise<void> {
  await run(
    sql,
    '/* insertSource */ insert into sources (id, user_id, key_hash) values ($1, $2, $3) on conflict do nothing',
    [source.id, source.userId, source.keyHash],
  );
}

export async function findSource(sql: Sql, id: string): Promise<Source | undefined> {
  return findRow(sql, Source, [
    `/* findSource */ select ${COLUMNS} from sources where id::text = $1`,
    [id],
  ]);
}

/** Notes that the upload is whole. */
export async function setSourceSize(sql: Sql, id: string, size: number): Promise<void> {
  await run(sql, '/* setSourceSize */ update sources set size = $2 where id = $1', [id, size]);
}

/** Forgets sources older than that. */
export async function deleteOldSources(sql: Sql, olderThanMs: number): Promise<void> {
  await run(
    sql,
    "/* deleteOldSources */ delete from sources where created_at < now() - $1 * interval '1 millisecond'",
    [olderThanMs],
  );
}

/** Which of these sources exist. */
export async function keepExistingSources(
  sql: Sql,
  ids: readonly string[],
): Promise<readonly string[]> {
  const rows = await manyRows(sql, z.object({ id: z.string() }), [
    `/* keepExistingSources */ select id::text from sources where id::text = any ($1)`,
    [ids],
  ]);
  return rows.map(({ id }) => id);
}
