import type pg from 'pg';
import { z } from 'zod';

/** A connected app: a client that may ask users of the org for access. */
export interface ConnectedApp {
  readonly clientId: string;
  readonly name: string;
  readonly secretHash: string | null;
  readonly callbackUrls: readonly string[];
  readonly scopes: readonly string[];
  readonly pkceRequired: boolean;
  readonly adminApprovedOnly: boolean;
  readonly approvedUsers: readonly string[];
  readonly certificate: string | null;
  readonly runAsUsername: string | null;
  readonly rotatesRefreshTokens: boolean;
  readonly refreshTokenLifetimeSeconds: number | null;
  readonly sessionTimeoutSeconds: number | null;
  /** The name of its metadata, when it was deployed. */
  readonly developerName: string | null;
  /** Profiles whose users need no further approval. */
  readonly approvedProfiles: readonly string[];
  readonly jwtAccessTokens: boolean;
  /** How long a refresh token lives without being used; null: as long as it is not revoked. */
  readonly refreshTokenIdleSeconds: number | null;
}

export async function findApp(db: Database, clientId: string): Promise<ConnectedApp | undefined> {
  const { rows } = await db.query(FIND_APP, [clientId]);
  return z.array(AppRow).parse(rows)[0];
}

const FIND_APP = `/* findApp */
select client_id as "clientId", name, secret_hash as "secretHash", callback_urls as "callbackUrls", scopes,
       pkce_required as "pkceRequired", admin_approved_only as "adminApprovedOnly", approved_users as "approvedUsers",
       certificate, run_as_username as "runAsUsername", rotates_refresh_tokens as "rotatesRefreshTokens",
       refresh_token_lifetime_seconds as "refreshTokenLifetimeSeconds",
       session_timeout_seconds as "sessionTimeoutSeconds", developer_name as "developerName", approved_profiles as "approvedProfiles",
       jwt_access_tokens as "jwtAccessTokens", refresh_token_idle_seconds as "refreshTokenIdleSeconds"
  from oauth_apps
 where client_id = $1`;

export async function findAppByName(db: Database, name: string): Promise<ConnectedApp | undefined> {
  const { rows } = await db.query(
    FIND_APP.replace('client_id = $1', 'lower(developer_name) = lower($1)'),
    [name],
  );
  return z.array(AppRow).parse(rows)[0];
}

export async function deleteApp(db: Database, clientId: string): Promise<void> {
  await db.query('/* deleteApp */ delete from oauth_apps where client_id = $1', [clientId]);
}

/** Makes the app, or brings it to these settings. */
export async function saveApp(db: Database, app: ConnectedApp, now: Date): Promise<void> {
  await db.query(SAVE_APP, [
    app.clientId,
    app.name,
    app.secretHash,
    app.callbackUrls,
    app.scopes,
    app.pkceRequired,
    app.adminApprovedOnly,
    app.approvedUsers,
    app.certificate,
    app.runAsUsername,
    app.rotatesRefreshTokens,
    app.refreshTokenLifetimeSeconds,
    app.sessionTimeoutSeconds,
    now,
    app.developerName,
    app.approvedProfiles,
    app.jwtAccessTokens,
    app.refreshTokenIdleSeconds,
  ]);
}

const SAVE_APP = `/* saveApp */
insert into oauth_apps
  (client_id, name, secret_hash, callback_urls, scopes, pkce_required, admin_approved_only, approved_users, certificate,
   run_as_username, rotates_refresh_tokens, refresh_token_lifetime_seconds, session_timeout_seconds, created_at,
   developer_name, approved_profiles, jwt_access_tokens, refresh_token_idle_seconds)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
on conflict (client_id) do update
   set name = excluded.name, secret_hash = excluded.secret_hash, callback_urls = excluded.callback_urls,
       scopes = excluded.scopes, pkce_required = excluded.pkce_required,
       admin_approved_only = excluded.admin_approved_only, approved_users = excluded.approved_users,
       certificate = excluded.certificate, run_as_username = excluded.run_as_username,
       rotates_refresh_tokens = excluded.rotates_refresh_tokens,
       refresh_token_lifetime_seconds = excluded.refresh_token_lifetime_seconds,
       session_timeout_seconds = excluded.session_timeout_seconds, developer_name = excluded.developer_name,
       approved_profiles = excluded.approved_profiles, jwt_access_tokens = excluded.jwt_access_tokens,
       refresh_token_idle_seconds = excluded.refresh_token_idle_seconds`;

export type Database = Pick<pg.ClientBase, 'query'> | pg.Pool;

const AppRow = z.object({
  clientId: z.string(),
  name: z.string(),
  secretHash: z.string().nullable(),
  callbackUrls: z.array(z.string()),
  scopes: z.array(z.string()),
  pkceRequired: z.boolean(),
  adminApprovedOnly: z.boolean(),
  approvedUsers: z.array(z.string()),
  certificate: z.string().nullable(),
  runAsUsername: z.string().nullable(),
  rotatesRefreshTokens: z.boolean(),
  refreshTokenLifetimeSeconds: z.number().nullable(),
  sessionTimeoutSeconds: z.number().nullable(),
  developerName: z.string().nullable(),
  approvedProfiles: z.array(z.string()),
  jwtAccessTokens: z.boolean(),
  refreshTokenIdleSeconds: z.number().nullable(),
});
