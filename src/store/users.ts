import { createHash } from 'node:crypto';

import { z } from 'zod';

import { findRow, getRow, run, Time, type Sql } from './sql.ts';

export const User = z.object({
  id: z.uuid(),
  email: z.string(),
  name: z.string().nullable(),
  /** Set for a service account: the add-on service it speaks for. */
  service: z.string().nullable(),
  created_at: Time,
  updated_at: Time,
});
export type User = Readonly<z.infer<typeof User>>;

const COLUMNS =
  'users.id, users.email, users.name, users.service, users.created_at, users.updated_at';

/** What is kept of a token. A token is random and long, so one round of SHA-256 is enough. */
export function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** The user a token speaks for, while it is valid. */
export async function findUserByToken(sql: Sql, token: string): Promise<User | undefined> {
  return findRow(sql, User, [FIND_USER_BY_TOKEN, [hashToken(token)]]);
}

const FIND_USER_BY_TOKEN = `/* findUserByToken */
select ${COLUMNS}
  from authorizations join users on users.id = authorizations.user_id
 where authorizations.token_hash = $1
   and (authorizations.expires_at is null or authorizations.expires_at > now())`;

/** A user by id or e-mail address. */
export async function findUser(sql: Sql, identity: string): Promise<User | undefined> {
  return findRow(sql, User, [FIND_USER, [identity]]);
}

const FIND_USER = `/* findUser */
select ${COLUMNS} from users where id::text = $1 or lower(email) = lower($1)`;

export interface NewUser {
  readonly id: string;
  readonly email: string;
  readonly name: string | null;
  readonly service: string | null;
}

/** The user of that address, made when there is none. */
export async function ensureUser(sql: Sql, user: NewUser): Promise<User> {
  await run(sql, ENSURE_USER, [user.id, user.email, user.name, user.service]);
  return getRow(sql, User, [FIND_USER, [user.email]]);
}

const ENSURE_USER = `/* ensureUser */
insert into users (id, email, name, service) values ($1, $2, $3, $4)
on conflict ((lower(email))) do nothing`;

/** Makes `token` speak for the user; a token that was another user's becomes this one's. */
export async function ensureToken(
  sql: Sql,
  grant: {
    readonly id: string;
    readonly userId: string;
    readonly token: string;
    readonly description: string;
  },
): Promise<void> {
  await run(sql, ENSURE_TOKEN, [grant.id, grant.userId, hashToken(grant.token), grant.description]);
}

const ENSURE_TOKEN = `/* ensureToken */
insert into authorizations (id, user_id, token_hash, description) values ($1, $2, $3, $4)
on conflict (token_hash) do update set user_id = excluded.user_id, updated_at = now()`;

/** Takes every token of that description away, but the given one: a changed LANDBRIDGE_API_KEY ends the old one. */
export async function revokeOtherTokens(
  sql: Sql,
  description: string,
  token: string,
): Promise<number> {
  return run(sql, REVOKE_OTHER_TOKENS, [description, hashToken(token)]);
}

const REVOKE_OTHER_TOKENS = `/* revokeOtherTokens */
delete from authorizations where description = $1 and token_hash <> $2`;
