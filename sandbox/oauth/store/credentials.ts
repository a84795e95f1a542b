import { z } from 'zod';

import type { Database } from './apps.ts';

export interface Credentials {
  readonly passwordHash: string;
  readonly failures: number;
  readonly lockedUntil: Date | null;
}

export async function findCredentials(
  db: Database,
  userId: string,
): Promise<Credentials | undefined> {
  const { rows } = await db.query(FIND_CREDENTIALS, [userId]);
  return z.array(CredentialsRow).parse(rows)[0];
}

const FIND_CREDENTIALS = `/* findCredentials */
select password_hash as "passwordHash", failures, locked_until as "lockedUntil"
  from oauth_credentials
 where user_id = $1`;

export async function savePasswordHash(
  db: Database,
  userId: string,
  passwordHash: string,
): Promise<void> {
  await db.query(SAVE_PASSWORD_HASH, [userId, passwordHash]);
}

const SAVE_PASSWORD_HASH = `/* savePasswordHash */
insert into oauth_credentials (user_id, password_hash) values ($1, $2)
on conflict (user_id) do update set password_hash = excluded.password_hash, failures = 0, locked_until = null`;

/** Counts a wrong password; at `failuresMax` the user is locked out until `lockUntil` and the count begins anew. */
export async function countFailure(
  db: Database,
  userId: string,
  lock: { readonly failuresMax: number; readonly lockUntil: Date },
): Promise<void> {
  await db.query(COUNT_FAILURE, [userId, lock.failuresMax, lock.lockUntil]);
}

const COUNT_FAILURE = `/* countFailure */
update oauth_credentials
   set failures = case when failures + 1 >= $2 then 0 else failures + 1 end,
       locked_until = case when failures + 1 >= $2 then $3 else locked_until end
 where user_id = $1`;

export async function clearFailures(db: Database, userId: string): Promise<void> {
  await db.query(
    '/* clearFailures */ update oauth_credentials set failures = 0 where user_id = $1 and failures > 0',
    [userId],
  );
}

const CredentialsRow = z.object({
  passwordHash: z.string(),
  failures: z.number(),
  lockedUntil: z.date().nullable(),
});
