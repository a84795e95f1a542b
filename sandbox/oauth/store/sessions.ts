import { z } from 'zod';

import { EXPIRED_ROWS_REMOVED_MAX } from '../limits.ts';
import type { Database } from './apps.ts';

export const SessionKind = z.enum(['oauth', 'browser', 'soap', 'front_door']);
export type SessionKind = z.infer<typeof SessionKind>;

export interface NewSession {
  readonly tokenHash: Buffer;
  readonly kind: SessionKind;
  readonly grantId: string | null;
  readonly clientId: string | null;
  readonly userId: string;
  readonly scopes: readonly string[];
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  readonly timeoutSeconds: number;
}

/** Stores a session and takes the occasion to remove some of those that have expired. */
export async function insertSession(db: Database, session: NewSession): Promise<void> {
  await db.query(INSERT_SESSION, [
    session.tokenHash,
    session.kind,
    session.grantId,
    session.clientId,
    session.userId,
    session.scopes,
    session.issuedAt,
    session.expiresAt,
    session.timeoutSeconds,
    EXPIRED_ROWS_REMOVED_MAX,
  ]);
}

const INSERT_SESSION = `/* insertSession */
with expired as (
  delete from oauth_sessions
   where token_hash in (
           select token_hash from oauth_sessions where expires_at < $7::timestamptz - interval '1 day'
            order by expires_at limit $10 for update skip locked)
)
insert into oauth_sessions
  (token_hash, kind, grant_id, client_id, user_id, scopes, issued_at, expires_at, timeout_seconds)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`;

/**
 * The living session of a token. A session lives as long as it is used: once half of its timeout has passed, a use
 * begins the timeout anew (so that most uses write nothing).
 */
export async function findSession(
  db: Database,
  tokenHash: Buffer,
  now: Date,
): Promise<StoredSession | undefined> {
  const { rows } = await db.query(FIND_SESSION, [tokenHash, now]);
  const session = z.array(SessionRow).parse(rows)[0];
  if (session === undefined) return undefined;
  const remainingMs = session.expiresAt.getTime() - now.getTime();
  if (remainingMs < session.timeoutSeconds * 500) {
    await db.query(PROLONG_SESSION, [
      tokenHash,
      new Date(now.getTime() + session.timeoutSeconds * 1000),
    ]);
  }
  return session;
}

const FIND_SESSION = `/* findSession */
select kind, grant_id as "grantId", client_id as "clientId", user_id as "userId", scopes,
       issued_at as "issuedAt", expires_at as "expiresAt", timeout_seconds as "timeoutSeconds"
  from oauth_sessions
 where token_hash = $1 and expires_at > $2`;

const PROLONG_SESSION = `/* prolongSession */
update oauth_sessions set expires_at = greatest(expires_at, $2) where token_hash = $1`;

/** Ends one session. Resolves to whether it was there. */
export async function deleteSession(db: Database, tokenHash: Buffer): Promise<boolean> {
  const { rowCount } = await db.query(
    '/* deleteSession */ delete from oauth_sessions where token_hash = $1',
    [tokenHash],
  );
  return rowCount === 1;
}

const SessionRow = z.object({
  kind: SessionKind,
  grantId: z.string().nullable(),
  clientId: z.string().nullable(),
  userId: z.string(),
  scopes: z.array(z.string()),
  issuedAt: z.date(),
  expiresAt: z.date(),
  timeoutSeconds: z.number(),
});
export type StoredSession = z.infer<typeof SessionRow>;
