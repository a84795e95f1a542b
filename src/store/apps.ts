import { z } from 'zod';

import { findRow, getRow, manyRows, run, Time, type Sql } from './sql.ts';

/** An app, with the e-mail address of its owner. */
export const App = z.object({
  id: z.uuid(),
  name: z.string(),
  owner_id: z.uuid(),
  owner_email: z.string(),
  stack: z.string(),
  region: z.string(),
  maintenance: z.boolean(),
  destroying_at: Time.nullable(),
  released_at: Time.nullable(),
  created_at: Time,
  updated_at: Time,
});
export type App = Readonly<z.infer<typeof App>>;

const COLUMNS = `apps.id, apps.name, apps.owner_id, owner.email as owner_email, apps.stack, apps.region,
       apps.maintenance, apps.destroying_at, apps.released_at, apps.created_at, apps.updated_at`;

export interface NewApp {
  readonly id: string;
  readonly name: string;
  readonly ownerId: string;
  readonly stack: string;
  readonly region: string;
}

/** Adds an app. Undefined when its id or its name is there already. */
export async function insertApp(sql: Sql, app: NewApp): Promise<App | undefined> {
  return findRow(sql, App, [INSERT_APP, [app.id, app.name, app.ownerId, app.stack, app.region]]);
}

const INSERT_APP = `/* insertApp */
with fresh as (
  insert into apps (id, name, owner_id, stack, region)
  values ($1, $2, $3, $4, $5)
  on conflict do nothing
  returning id, name, owner_id, stack, region, maintenance, destroying_at, released_at, created_at, updated_at
)
select ${COLUMNS} from fresh as apps join users as owner on owner.id = apps.owner_id`;

/** The app of that id or name that is not being destroyed. */
export async function findApp(sql: Sql, idOrName: string): Promise<App | undefined> {
  return findRow(sql, App, [FIND_APP, [idOrName]]);
}

const FIND_APP = `/* findApp */
select ${COLUMNS}
  from apps join users as owner on owner.id = apps.owner_id
 where (apps.id::text = $1 or apps.name = $1) and apps.destroying_at is null`;

/** The app of that id, destroyed or not. */
export async function getApp(sql: Sql, id: string): Promise<App> {
  return getRow(sql, App, [GET_APP, [id]]);
}

const GET_APP = `/* getApp */
select ${COLUMNS}
  from apps join users as owner on owner.id = apps.owner_id
 where apps.id = $1`;

/** Locks the app's row for the rest of the transaction: changes that make a release come one after the other. */
export async function lockApp(sql: Sql, id: string): Promise<void> {
  await run(sql, '/* lockApp */ select from apps where id = $1 for update', [id]);
}

/** The apps a user owns or works on, by name. */
export async function listAppsOf(sql: Sql, userId: string): Promise<readonly App[]> {
  return manyRows(sql, App, [LIST_APPS_OF, [userId]]);
}

const LIST_APPS_OF = `/* listAppsOf */
select ${COLUMNS}
  from apps join users as owner on owner.id = apps.owner_id
 where apps.destroying_at is null
   and (apps.owner_id = $1
        or exists (select from collaborators where collaborators.app_id = apps.id and collaborators.user_id = $1))
 order by apps.name`;

/** The apps whose destruction was asked for and is not done. */
export async function listAppsToDestroy(sql: Sql): Promise<readonly App[]> {
  return manyRows(sql, App, [LIST_APPS_TO_DESTROY, []]);
}

const LIST_APPS_TO_DESTROY = `/* listAppsToDestroy */
select ${COLUMNS}
  from apps join users as owner on owner.id = apps.owner_id
 where apps.destroying_at is not null
 order by apps.destroying_at`;

export interface AppChange {
  readonly name?: string | undefined;
  readonly maintenance?: boolean | undefined;
  readonly stack?: string | undefined;
}

/** Changes what is given and leaves the rest. */
export async function updateApp(sql: Sql, id: string, change: AppChange): Promise<void> {
  await run(sql, UPDATE_APP, [
    id,
    change.name ?? null,
    change.maintenance ?? null,
    change.stack ?? null,
  ]);
}

const UPDATE_APP = `/* updateApp */
update apps
   set name = coalesce($2, name),
       maintenance = coalesce($3, maintenance),
       stack = coalesce($4, stack),
       updated_at = now()
 where id = $1`;

/** Asks for the app's destruction. Its name is free at once. */
export async function markAppDestroying(sql: Sql, id: string): Promise<void> {
  await run(sql, MARK_APP_DESTROYING, [id]);
}

const MARK_APP_DESTROYING = `/* markAppDestroying */
update apps
   set destroying_at = now(), name = name || ' ' || id, updated_at = now()
 where id = $1 and destroying_at is null`;

/** Removes the app and everything that is its own. */
export async function deleteApp(sql: Sql, id: string): Promise<void> {
  await run(sql, '/* deleteApp */ delete from apps where id = $1', [id]);
}

/** Which of these apps exist. */
export async function keepExistingApps(
  sql: Sql,
  ids: readonly string[],
): Promise<readonly string[]> {
  const rows = await manyRows(sql, z.object({ id: z.string() }), [
    `/* keepExistingApps */ select id::text from apps where id::text = any ($1)`,
    [ids],
  ]);
  return rows.map(({ id }) => id);
}
