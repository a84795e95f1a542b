import { z } from 'zod';

import { findRow, getRow, manyRows, run, Time, type Sql } from './sql.ts';

export const Build = z.object({
  id: z.uuid(),
  app_id: z.uuid(),
  user_id: z.uuid(),
  user_email: z.string(),
  source_url: z.string(),
  source_version: z.string().nullable(),
  source_checksum: z.string().nullable(),
  source_version_description: z.string().nullable(),
  buildpacks: z.array(z.object({ url: z.string().optional(), name: z.string().optional() })),
  status: z.enum(['pending', 'succeeded', 'failed']),
  slug_id: z.uuid().nullable(),
  release_id: z.uuid().nullable(),
  failure: z.string().nullable(),
  output_key: z.string(),
  attempts: z.int(),
  created_at: Time,
  updated_at: Time,
});
export type Build = Readonly<z.infer<typeof Build>>;

const SELECT = `select builds.id, builds.app_id, builds.user_id, users.email as user_email, builds.source_url,
       builds.source_version, builds.source_checksum, builds.source_version_description, builds.buildpacks,
       builds.status, builds.slug_id, builds.release_id, builds.failure, builds.output_key, builds.attempts,
       builds.created_at, builds.updated_at
  from builds join users on users.id = builds.user_id`;

export interface NewBuild {
  readonly id: string;
  readonly appId: string;
  readonly userId: string;
  readonly sourceUrl: string;
  readonly sourceVersion: string | null;
  readonly sourceChecksum: string | null;
  readonly sourceVersionDescription: string | null;
  readonly buildpacks: Build['buildpacks'];
  readonly outputKey: string;
}

/** Queues a build; one with that id that is there already stays as it is. */
export async function insertBuild(sql: Sql, build: NewBuild): Promise<Build> {
  await run(sql, INSERT_BUILD, [
    build.id,
    build.appId,
    build.userId,
    build.sourceUrl,
    build.sourceVersion,
    build.sourceChecksum,
    build.sourceVersionDescription,
    JSON.stringify(build.buildpacks),
    build.outputKey,
  ]);
  return getBuild(sql, build.id);
}

const INSERT_BUILD = `/* insertBuild */
insert into builds (id, app_id, user_id, source_url, source_version, source_checksum, source_version_description,
                    buildpacks, output_key, status)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'pending')
on conflict do nothing`;

export async function getBuild(sql: Sql, id: string): Promise<Build> {
  return getRow(sql, Build, [`/* getBuild */ ${SELECT} where builds.id = $1`, [id]]);
}

export async function findBuild(sql: Sql, appId: string, id: string): Promise<Build | undefined> {
  return findRow(sql, Build, [
    `/* findBuild */ ${SELECT} where builds.app_id = $1 and builds.id::text = $2`,
    [appId, id],
  ]);
}

/** The build whose output may be read with that key. */
export async function findBuildByOutputKey(sql: Sql, key: string): Promise<Build | undefined> {
  return findRow(sql, Build, [
    `/* findBuildByOutputKey */ ${SELECT} where builds.output_key = $1`,
    [key],
  ]);
}

export async function listBuilds(sql: Sql, appId: string): Promise<readonly Build[]> {
  return manyRows(sql, Build, [
    `/* listBuilds */ ${SELECT} where builds.app_id = $1 order by builds.created_at`,
    [appId],
  ]);
}

/**
 * Takes the oldest build that nobody works on and holds it for `leaseMs`. One app's builds run one after the other,
 * so that the last push is the last release.
 */
export async function claimBuild(sql: Sql, leaseMs: number): Promise<Build | undefined> {
  const claimed = await findRow(sql, z.object({ id: z.uuid() }), [CLAIM_BUILD, [leaseMs]]);
  return claimed === undefined ? undefined : getBuild(sql, claimed.id);
}

const CLAIM_BUILD = `/* claimBuild */
with waiting as (
  select id from builds
   where status = 'pending'
     and (leased_until is null or leased_until < now())
     and not exists (select from builds as earlier
                      where earlier.app_id = builds.app_id and earlier.status = 'pending' and earlier.id <> builds.id
                        and (earlier.created_at, earlier.id) < (builds.created_at, builds.id))
   order by created_at
   limit 1
     for update skip locked
)
update builds
   set leased_until = now() + $1 * interval '1 millisecond', attempts = attempts + 1, updated_at = now()
  from waiting
 where builds.id = waiting.id
returning builds.id`;

/** Keeps a build for longer. False when it was settled or taken by another builder: stop working on it. */
export async function renewBuild(
  sql: Sql,
  lease: { readonly id: string; readonly attempts: number; readonly leaseMs: number },
): Promise<boolean> {
  return (await run(sql, RENEW_BUILD, [lease.id, lease.attempts, lease.leaseMs])) === 1;
}

const RENEW_BUILD = `/* renewBuild */
update builds set leased_until = now() + $3 * interval '1 millisecond'
 where id = $1 and attempts = $2 and status = 'pending'`;

/** Gives an unfinished build back, for a builder that starts after us. */
export async function releaseBuild(sql: Sql, build: Pick<Build, 'id' | 'attempts'>): Promise<void> {
  await run(sql, RELEASE_BUILD, [build.id, build.attempts]);
}

const RELEASE_BUILD = `/* releaseBuild */
update builds set leased_until = null, attempts = attempts - 1
 where id = $1 and attempts = $2 and status = 'pending'`;

/** Ends a build. False when it was ended before or another builder has it. */
export async function settleBuild(
  sql: Sql,
  build: Pick<Build, 'id' | 'attempts'>,
  result:
    | { readonly status: 'succeeded'; readonly slugId: string; readonly releaseId: string }
    | { readonly status: 'failed'; readonly failure: string },
): Promise<boolean> {
  const values =
    result.status === 'succeeded'
      ? [result.status, result.slugId, result.releaseId, null]
      : [result.status, null, null, result.failure];
  return (await run(sql, SETTLE_BUILD, [build.id, build.attempts, ...values])) === 1;
}

const SETTLE_BUILD = `/* settleBuild */
update builds
   set status = $3, slug_id = $4, release_id = $5, failure = $6, leased_until = null, updated_at = now()
 where id = $1 and attempts = $2 and status = 'pending'`;

/** Ends a build that somebody called off, whoever works on it. */
export async function cancelBuild(sql: Sql, id: string): Promise<boolean> {
  return (await run(sql, CANCEL_BUILD, [id])) === 1;
}

const CANCEL_BUILD = `/* cancelBuild */
update builds set status = 'failed', failure = 'The build was canceled.', leased_until = null, updated_at = now()
 where id = $1 and status = 'pending'`;

/** Which of these builds exist. */
export async function keepExistingBuilds(
  sql: Sql,
  ids: readonly string[],
): Promise<readonly string[]> {
  const rows = await manyRows(sql, z.object({ id: z.string() }), [
    `/* keepExistingBuilds */ select id::text from builds where id::text = any ($1)`,
    [ids],
  ]);
  return rows.map(({ id }) => id);
}
