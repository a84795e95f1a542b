import { z } from 'zod';

import { EXPIRED_ROWS_REMOVED_MAX } from '../limits.ts';
import type { Database } from './apps.ts';

/** What a client asked for at /services/oauth2/authorize, already found to be in order. */
export const AuthorizationRequest = z.object({
  clientId: z.string(),
  redirectUri: z.string(),
  responseType: z.enum(['code', 'token']),
  /** Whether sessions for web views come with the token. */
  hybrid: z.boolean().default(false),
  scopes: z.array(z.string()),
  state: z.string().nullable(),
  nonce: z.string().nullable(),
  challenge: z.string().nullable(),
  forceConsent: z.boolean(),
});
export type AuthorizationRequest = z.infer<typeof AuthorizationRequest>;

export async function insertAuthorization(
  db: Database,
  authorization: {
    readonly idHash: Buffer;
    readonly request: AuthorizationRequest;
    readonly expiresAt: Date;
  },
  now: Date,
): Promise<void> {
  await db.query(INSERT_AUTHORIZATION, [
    authorization.idHash,
    JSON.stringify(authorization.request),
    authorization.expiresAt,
    now,
    EXPIRED_ROWS_REMOVED_MAX,
  ]);
}

const INSERT_AUTHORIZATION = `/* insertAuthorization */
with expired as (
  delete from oauth_authorizations
   where id_hash in (select id_hash from oauth_authorizations where expires_at < $4
                      order by expires_at limit $5 for update skip locked)
), expired_codes as (
  delete from oauth_codes
   where code_hash in (select code_hash from oauth_codes where expires_at < $4
                        order by expires_at limit $5 for update skip locked)
)
insert into oauth_authorizations (id_hash, request, expires_at) values ($1, $2, $3)`;

export async function findAuthorization(
  db: Database,
  idHash: Buffer,
  now: Date,
): Promise<AuthorizationRequest | undefined> {
  const { rows } = await db.query(
    '/* findAuthorization */ select request from oauth_authorizations where id_hash = $1 and expires_at > $2',
    [idHash, now],
  );
  return z.array(z.object({ request: AuthorizationRequest })).parse(rows)[0]?.request;
}

/** Ends a pending authorization. Resolves to whether it was still pending: a decision counts once. */
export async function deleteAuthorization(db: Database, idHash: Buffer): Promise<boolean> {
  const { rowCount } = await db.query(
    '/* deleteAuthorization */ delete from oauth_authorizations where id_hash = $1',
    [idHash],
  );
  return rowCount === 1;
}
