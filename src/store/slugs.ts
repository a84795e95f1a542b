import { z } from 'zod';

import { findRow, getRow, manyRows, Time, type Sql } from './sql.ts';

/** `{"web": "node server.ts"}`: what a process type runs. */
export const ProcessTypes = z.record(z.string(), z.string());
export type ProcessTypes = Readonly<z.infer<typeof ProcessTypes>>;

export const Slug = z.object({
  id: z.uuid(),
  app_id: z.uuid(),
  /** The archive is the file slugs/<sha256> (tar, zstd) of the platform's home. */
  sha256: z.string(),
  size: z.coerce.number(),
  process_types: ProcessTypes,
  stack: z.string(),
  commit: z.string().nullable(),
  commit_description: z.string().nullable(),
  buildpack: z.string().nullable(),
  created_at: Time,
});
export type Slug = Readonly<z.infer<typeof Slug>>;

const COLUMNS =
  'id, app_id, sha256, size, process_types, stack, commit, commit_description, buildpack, created_at';

export type NewSlug = Omit<Slug, 'created_at'>;

export async function insertSlug(sql: Sql, slug: NewSlug): Promise<Slug> {
  return getRow(sql, Slug, [
    INSERT_SLUG,
    [
      slug.id,
      slug.app_id,
      slug.sha256,
      slug.size,
      JSON.stringify(slug.process_types),
      slug.stack,
      slug.commit,
      slug.commit_description,
      slug.buildpack,
    ],
  ]);
}

const INSERT_SLUG = `/* insertSlug */
insert into slugs (id, app_id, sha256, size, process_types, stack, commit, commit_description, buildpack)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
returning ${COLUMNS}`;

export async function findSlug(sql: Sql, appId: string, id: string): Promise<Slug | undefined> {
  return findRow(sql, Slug, [FIND_SLUG, [appId, id]]);
}

const FIND_SLUG = `/* findSlug */
select ${COLUMNS} from slugs where app_id = $1 and id::text = $2`;

/** Which of these archives (by their SHA-256) some slug refers to. */
export async function keepReferredSlugs(
  sql: Sql,
  digests: readonly string[],
): Promise<readonly string[]> {
  const rows = await manyRows(sql, z.object({ id: z.string() }), [
    `/* keepReferredSlugs */ select distinct sha256 as id from slugs where sha256 = any ($1)`,
    [digests],
  ]);
  return rows.map(({ id }) => id);
}
