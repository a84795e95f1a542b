import { z } from 'zod';

import type { Role } from '../core/permission.ts';
import { hasAddonOf } from './addons.ts';
import type { App } from './apps.ts';
import { findRow, manyRows, run, Time, type Sql } from './sql.ts';
import type { User } from './users.ts';

export const Collaborator = z.object({
  id: z.uuid(),
  app_id: z.uuid(),
  user_id: z.uuid(),
  user_email: z.string(),
  created_at: Time,
  updated_at: Time,
});
export type Collaborator = Readonly<z.infer<typeof Collaborator>>;

const SELECT = `select collaborators.id, collaborators.app_id, collaborators.user_id, users.email as user_email,
       collaborators.created_at, collaborators.updated_at
  from collaborators join users on users.id = collaborators.user_id`;

export async function listCollaborators(sql: Sql, appId: string): Promise<readonly Collaborator[]> {
  return manyRows(sql, Collaborator, [
    `/* listCollaborators */ ${SELECT} where collaborators.app_id = $1 order by users.email`,
    [appId],
  ]);
}

/** A collaborator of the app by the user's e-mail address or id, or by the collaboration's id. */
export async function findCollaborator(
  sql: Sql,
  appId: string,
  identity: string,
): Promise<Collaborator | undefined> {
  return findRow(sql, Collaborator, [
    `/* findCollaborator */ ${SELECT}
 where collaborators.app_id = $1
   and (lower(users.email) = lower($2) or users.id::text = $2 or collaborators.id::text = $2)`,
    [appId, identity],
  ]);
}

export async function addCollaborator(
  sql: Sql,
  collaborator: { readonly id: string; readonly appId: string; readonly userId: string },
): Promise<void> {
  const { id, appId, userId } = collaborator;
  await run(sql, ADD_COLLABORATOR, [id, appId, userId]);
}

const ADD_COLLABORATOR = `/* addCollaborator */
insert into collaborators (id, app_id, user_id) values ($1, $2, $3)
on conflict (app_id, user_id) do nothing`;

export async function deleteCollaborator(sql: Sql, id: string): Promise<void> {
  await run(sql, '/* deleteCollaborator */ delete from collaborators where id = $1', [id]);
}

/** What the user is to the app. A service's account is one only while the app has an add-on of that service. */
export async function readRole(sql: Sql, app: App, user: User): Promise<Role> {
  if (user.service !== null) {
    return (await hasAddonOf(sql, app.id, user.service)) ? 'service' : 'stranger';
  }
  if (app.owner_id === user.id) return 'owner';
  const found = await findCollaborator(sql, app.id, user.id);
  return found === undefined ? 'stranger' : 'collaborator';
}
