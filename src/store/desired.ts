import { z } from 'zod';

import { ProcessTypes } from './slugs.ts';
import { manyRows, type Sql } from './sql.ts';

/**
 * What should run of one app: its formation times its current release. An app without a release that succeeded, or
 * whose release has no slug, runs nothing; one that is being destroyed runs nothing either and is listed without formation.
 */
export const Desired = z.object({
  app_id: z.uuid(),
  app_name: z.string(),
  maintenance: z.boolean(),
  destroying: z.boolean(),
  release: z
    .object({
      id: z.uuid(),
      version: z.int(),
      /** Opened with `openConfig(box, app_id, config_sealed)`. */
      config_sealed: z.string(),
      description: z.string(),
      created_at: z.string(),
    })
    .nullable(),
  slug: z
    .object({
      id: z.uuid(),
      /** The archive is the file slugs/<sha256> (tar, zstd) of the platform's home. */
      sha256: z.string(),
      stack: z.string(),
      commit: z.string().nullable(),
      process_types: ProcessTypes,
    })
    .nullable(),
  formation: z.array(z.object({ type: z.string(), quantity: z.int(), size: z.string() })),
});
export type Desired = Readonly<z.infer<typeof Desired>>;

const SELECT = `select apps.id as app_id,
       apps.name as app_name,
       apps.maintenance,
       apps.destroying_at is not null as destroying,
       case when current.id is null then null else jsonb_build_object(
         'id', current.id, 'version', current.version, 'config_sealed', current.config_sealed,
         'description', current.description, 'created_at', current.created_at) end as release,
       case when slugs.id is null then null else jsonb_build_object(
         'id', slugs.id, 'sha256', slugs.sha256, 'stack', slugs.stack, 'commit', slugs.commit,
         'process_types', slugs.process_types) end as slug,
       coalesce((
         select jsonb_agg(jsonb_build_object('type', formation.type, 'quantity', formation.quantity, 'size', formation.size)
                          order by formation.type)
           from formation
          where formation.app_id = apps.id and apps.destroying_at is null), '[]') as formation
  from apps
  left join lateral (
    select id, version, config_sealed, description, created_at, slug_id
      from releases
     where releases.app_id = apps.id and releases.status = 'succeeded'
     order by version desc
     limit 1) as current on true
  left join slugs on slugs.id = current.slug_id`;

export async function listDesired(sql: Sql): Promise<readonly Desired[]> {
  return manyRows(sql, Desired, [`/* listDesired */\n${SELECT}\n order by apps.name`, []]);
}
