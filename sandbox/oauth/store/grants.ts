import { z } from 'zod';

import type { Database } from './apps.ts';

/** One approval of one app by one user. */
export interface Grant {
  readonly id: string;
  readonly clientId: string;
  readonly userId: string;
  readonly scopes: readonly string[];
}

export async function insertGrant(db: Database, grant: Grant, now: Date): Promise<void> {
  await db.query(INSERT_GRANT, [grant.id, grant.clientId, grant.userId, grant.scopes, now]);
}

const INSERT_GRANT = `/* insertGrant */
insert into oauth_grants (id, client_id, user_id, scopes, created_at) values ($1, $2, $3, $4, $5)`;

/** A living approval that covers these scopes: then the user is not asked again. */
export async function findApproval(
  db: Database,
  wanted: Pick<Grant, 'clientId' | 'userId' | 'scopes'>,
): Promise<Grant | undefined> {
  const { rows } = await db.query(FIND_APPROVAL, [wanted.userId, wanted.clientId, wanted.scopes]);
  return z.array(GrantRow).parse(rows)[0];
}

const FIND_APPROVAL = `/* findApproval */
select id, client_id as "clientId", user_id as "userId", scopes
  from oauth_grants
 where user_id = $1 and client_id = $2 and revoked_at is null and scopes @> $3
   and exists (select from oauth_refresh_tokens where grant_id = oauth_grants.id)
 order by created_at desc
 limit 1`;

/** Ends a grant: its refresh tokens are refused from now on, its sessions are gone. */
export async function revokeGrant(db: Database, grantId: string, now: Date): Promise<void> {
  await db.query(REVOKE_GRANT, [grantId, now]);
}

const REVOKE_GRANT = `/* revokeGrant */
with ended as (
  update oauth_grants set revoked_at = $2 where id = $1 and revoked_at is null returning id
)
delete from oauth_sessions using ended where oauth_sessions.grant_id = ended.id`;

/** Takes an authorization code, once: the second to ask gets what it was, marked as used. */
export async function takeCode(
  db: Database,
  codeHash: Buffer,
  now: Date,
): Promise<TakenCode | undefined> {
  const { rows } = await db.query(TAKE_CODE, [codeHash, now]);
  return z.array(TakenCodeRow).parse(rows)[0];
}

const TAKE_CODE = `/* takeCode */
with code as (
  select code_hash, used_at is not null as "alreadyUsed" from oauth_codes where code_hash = $1 for update
)
update oauth_codes
   set used_at = coalesce(used_at, $2)
  from code, oauth_grants
 where oauth_codes.code_hash = code.code_hash and oauth_grants.id = oauth_codes.grant_id
returning "alreadyUsed", redirect_uri as "redirectUri", challenge, nonce, expires_at as "expiresAt",
          oauth_grants.id, client_id as "clientId", user_id as "userId", scopes, revoked_at as "revokedAt"`;

export interface NewCode {
  readonly codeHash: Buffer;
  readonly grantId: string;
  readonly redirectUri: string;
  readonly challenge: string | null;
  readonly nonce: string | null;
  readonly expiresAt: Date;
}

export async function insertCode(db: Database, code: NewCode): Promise<void> {
  await db.query(INSERT_CODE, [
    code.codeHash,
    code.grantId,
    code.redirectUri,
    code.challenge,
    code.nonce,
    code.expiresAt,
  ]);
}

const INSERT_CODE = `/* insertCode */
insert into oauth_codes (code_hash, grant_id, redirect_uri, challenge, nonce, expires_at)
values ($1, $2, $3, $4, $5, $6)`;

export interface NewRefreshToken {
  readonly tokenHash: Buffer;
  readonly grantId: string;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
}

export async function insertRefreshToken(db: Database, token: NewRefreshToken): Promise<void> {
  await db.query(INSERT_REFRESH_TOKEN, [
    token.tokenHash,
    token.grantId,
    token.createdAt,
    token.expiresAt,
  ]);
}

const INSERT_REFRESH_TOKEN = `/* insertRefreshToken */
insert into oauth_refresh_tokens (token_hash, grant_id, created_at, expires_at) values ($1, $2, $3, $4)`;

/** The refresh token's grant and state; the row stays locked, so two uses of one token follow each other. */
export async function findRefreshToken(
  db: Database,
  tokenHash: Buffer,
): Promise<RefreshToken | undefined> {
  const { rows } = await db.query(FIND_REFRESH_TOKEN, [tokenHash]);
  return z.array(RefreshTokenRow).parse(rows)[0];
}

const FIND_REFRESH_TOKEN = `/* findRefreshToken */
select g.id, g.client_id as "clientId", g.user_id as "userId", g.scopes, g.revoked_at as "revokedAt",
       t.created_at as "createdAt", t.expires_at as "expiresAt", t.replaced_at as "replacedAt", coalesce(t.used_at, t.created_at) as "usedAt"
  from oauth_refresh_tokens t
  join oauth_grants g on g.id = t.grant_id
 where t.token_hash = $1
   for update of t`;

/** Begins its idle time anew. */
export async function touchRefreshToken(db: Database, tokenHash: Buffer, now: Date): Promise<void> {
  await db.query(
    '/* touchRefreshToken */ update oauth_refresh_tokens set used_at = $2 where token_hash = $1',
    [tokenHash, now],
  );
}

export async function replaceRefreshToken(
  db: Database,
  tokenHash: Buffer,
  now: Date,
): Promise<void> {
  await db.query(
    '/* replaceRefreshToken */ update oauth_refresh_tokens set replaced_at = $2 where token_hash = $1',
    [tokenHash, now],
  );
}

const GrantRow = z.object({
  id: z.string(),
  clientId: z.string(),
  userId: z.string(),
  scopes: z.array(z.string()),
});

const TakenCodeRow = GrantRow.extend({
  alreadyUsed: z.boolean(),
  redirectUri: z.string(),
  challenge: z.string().nullable(),
  nonce: z.string().nullable(),
  expiresAt: z.date(),
  revokedAt: z.date().nullable(),
});
export type TakenCode = z.infer<typeof TakenCodeRow>;

const RefreshTokenRow = GrantRow.extend({
  revokedAt: z.date().nullable(),
  createdAt: z.date(),
  expiresAt: z.date().nullable(),
  replacedAt: z.date().nullable(),
  usedAt: z.date(),
});
export type RefreshToken = z.infer<typeof RefreshTokenRow>;
