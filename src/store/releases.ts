import { z } from 'zod';

import { findRow, getRow, manyRows, run, Time, type Sql } from './sql.ts';

const ReleaseStatus = z.enum(['pending', 'succeeded', 'failed']);
type ReleaseStatus = z.infer<typeof ReleaseStatus>;

export const Release = z.object({
  id: z.uuid(),
  app_id: z.uuid(),
  version: z.int(),
  slug_id: z.uuid().nullable(),
  addon_config_names: z.array(z.string()),
  addon_plans: z.array(z.string()),
  description: z.string(),
  user_id: z.uuid(),
  user_email: z.string(),
  status: ReleaseStatus,
  output_key: z.string().nullable(),
  /** Whether it is the newest one that succeeded: the one that runs. */
  current: z.boolean(),
  created_at: Time,
  updated_at: Time,
});
export type Release = Readonly<z.infer<typeof Release>>;

const COLUMNS = `releases.id, releases.app_id, releases.version, releases.slug_id,
       releases.addon_config_names, releases.addon_plans, releases.description, releases.user_id, users.email as user_email, releases.status,
       releases.output_key, releases.created_at, releases.updated_at,
       releases.version is not distinct from (
         select max(newest.version) from releases as newest
          where newest.app_id = releases.app_id and newest.status = 'succeeded') as current`;

export interface NewRelease {
  readonly id: string;
  readonly appId: string;
  readonly slugId: string | null;
  readonly configSealed: string;
  readonly addonConfigNames: readonly string[];
  readonly addonPlans: readonly string[];
  readonly description: string;
  readonly userId: string;
  readonly status: ReleaseStatus;
  readonly outputKey: string | null;
}

/** Adds the app's next release. The caller holds the app's row (`lockApp`), so no two get one number. */
export async function insertRelease(sql: Sql, release: NewRelease): Promise<Release> {
  await run(sql, INSERT_RELEASE, [
    release.id,
    release.appId,
    release.slugId,
    release.configSealed,
    JSON.stringify(release.addonConfigNames),
    JSON.stringify(release.addonPlans),
    release.description,
    release.userId,
    release.status,
    release.outputKey,
  ]);
  await run(sql, TOUCH_RELEASED_APP, [release.appId]);
  return getRow(sql, Release, [GET_RELEASE, [release.id]]);
}

const INSERT_RELEASE = `/* insertRelease */
insert into releases (id, app_id, version, slug_id, config_sealed, addon_config_names, addon_plans, description,
                      user_id, status, output_key)
select $1, $2, coalesce(max(version), 0) + 1, $3, $4, $5, $6, $7, $8, $9, $10 from releases where app_id = $2`;

const TOUCH_RELEASED_APP = `/* insertRelease */
update apps set released_at = now(), updated_at = now() where id = $1`;

const GET_RELEASE = `/* getRelease */
select ${COLUMNS} from releases join users on users.id = releases.user_id where releases.id = $1`;

export async function getRelease(sql: Sql, id: string): Promise<Release> {
  return getRow(sql, Release, [GET_RELEASE, [id]]);
}

/** A release of the app by its id, its number or `v` and its number. */
export async function findRelease(
  sql: Sql,
  appId: string,
  identity: string,
): Promise<Release | undefined> {
  return findRow(sql, Release, [FIND_RELEASE, [appId, identity]]);
}

const FIND_RELEASE = `/* findRelease */
select ${COLUMNS}
  from releases join users on users.id = releases.user_id
 where releases.app_id = $1
   and (releases.id::text = $2 or releases.version::text = $2 or 'v' || releases.version = $2)`;

/** The release whose output may be read with that key. */
export async function findReleaseByOutputKey(sql: Sql, key: string): Promise<Release | undefined> {
  return findRow(sql, Release, [
    `/* findReleaseByOutputKey */ select ${COLUMNS} from releases join users on users.id = releases.user_id
 where releases.output_key = $1`,
    [key],
  ]);
}

/** The app's newest release that succeeded: what runs. */
export async function findCurrentRelease(sql: Sql, appId: string): Promise<Release | undefined> {
  return findRow(sql, Release, [FIND_CURRENT_RELEASE, [appId]]);
}

const FIND_CURRENT_RELEASE = `/* findCurrentRelease */
select ${COLUMNS}
  from releases join users on users.id = releases.user_id
 where releases.app_id = $1 and releases.status = 'succeeded'
 order by releases.version desc
 limit 1`;

/** The config vars of a release, sealed for its app: open them with `openConfig` of config-vars.ts. */
export async function readReleaseConfig(sql: Sql, id: string): Promise<string> {
  const row = await getRow(sql, z.object({ config_sealed: z.string() }), [
    '/* readReleaseConfig */ select config_sealed from releases where id = $1',
    [id],
  ]);
  return row.config_sealed;
}

/** The app's releases, oldest first. */
export async function listReleases(sql: Sql, appId: string): Promise<readonly Release[]> {
  return manyRows(sql, Release, [LIST_RELEASES, [appId]]);
}

const LIST_RELEASES = `/* listReleases */
select ${COLUMNS}
  from releases join users on users.id = releases.user_id
 where releases.app_id = $1
 order by releases.version`;

/** Settles a pending release: the end of its release phase. False when it was settled before. */
export async function settleRelease(
  sql: Sql,
  id: string,
  status: 'succeeded' | 'failed',
): Promise<boolean> {
  return (await run(sql, SETTLE_RELEASE, [id, status])) === 1;
}

const SETTLE_RELEASE = `/* settleRelease */
update releases set status = $2, updated_at = now() where id = $1 and status = 'pending'`;
