import type { Org } from '../org.ts';
import type { OAuthPorts } from './ports.ts';
import { oauthPorts } from './router.ts';
import { ALL_SCOPES } from './scopes.ts';
import { hashPassword, verifyPassword } from './secrets.ts';
import { findApp, saveApp, type ConnectedApp } from './store/apps.ts';
import { setPassword } from './users.ts';

/** What an administrator says of a connected app; the rest is as Salesforce sets it at first. */
export interface AppDefinition {
  readonly clientId: string;
  readonly name: string;
  /** Undefined makes a public client. */
  readonly clientSecret: string | undefined;
  readonly callbackUrls: readonly string[];
  readonly scopes?: readonly string[];
  readonly pkceRequired?: boolean;
  readonly certificate?: string;
  readonly approvedUsers?: readonly string[];
  readonly adminApprovedOnly?: boolean;
  readonly runAsUsername?: string;
  readonly rotatesRefreshTokens?: boolean;
  readonly refreshTokenLifetimeSeconds?: number;
  readonly sessionTimeoutSeconds?: number;
  readonly jwtAccessTokens?: boolean;
  readonly refreshTokenIdleSeconds?: number;
}

/** Salesforce's own client of its command line. */
export const CLI_CLIENT_ID = 'PlatformCLI';

/**
 * Makes the org one can log in to: the administrator's password, the connected app of the configuration, and
 * Salesforce's built-in client of its command line. Run after the users have been made; running it again changes nothing.
 */
export async function prepareOAuth(org: Org): Promise<void> {
  const ports = oauthPorts(org);
  const admin = await ports.directory.findUserById(org.adminUserId);
  if (admin !== undefined) await setPassword(ports, admin.username, org.config.password);
  await defineApp(ports, {
    clientId: CLI_CLIENT_ID,
    name: 'Salesforce CLI',
    clientSecret: undefined,
    callbackUrls: ['http://localhost:1717/OauthRedirect'],
    scopes: ['api', 'web', 'refresh_token'],
  });
  const app = org.config.connectedApp;
  if (app === undefined) return;
  await defineApp(ports, {
    clientId: app.clientId,
    name: 'Landbridge Connect',
    clientSecret: app.clientSecret,
    callbackUrls: [app.callbackUrl],
    ...(admin === undefined ? {} : { runAsUsername: admin.username }),
  });
}

export async function defineApp(
  ports: Pick<OAuthPorts, 'pool' | 'clock'>,
  app: AppDefinition,
): Promise<ConnectedApp> {
  const existing = await findApp(ports.pool, app.clientId);
  const stored: ConnectedApp = {
    clientId: app.clientId,
    name: app.name,
    secretHash: await secretHashOf(app.clientSecret, existing?.secretHash ?? null),
    callbackUrls: app.callbackUrls,
    scopes: app.scopes ?? ALL_SCOPES,
    pkceRequired: app.pkceRequired ?? false,
    adminApprovedOnly: app.adminApprovedOnly ?? false,
    approvedUsers: app.approvedUsers ?? [],
    certificate: app.certificate ?? null,
    runAsUsername: app.runAsUsername ?? null,
    rotatesRefreshTokens: app.rotatesRefreshTokens ?? false,
    refreshTokenLifetimeSeconds: app.refreshTokenLifetimeSeconds ?? null,
    sessionTimeoutSeconds: app.sessionTimeoutSeconds ?? null,
    developerName: existing?.developerName ?? null,
    approvedProfiles: existing?.approvedProfiles ?? [],
    jwtAccessTokens: app.jwtAccessTokens ?? false,
    refreshTokenIdleSeconds: app.refreshTokenIdleSeconds ?? null,
  };
  await saveApp(ports.pool, stored, new Date(ports.clock.now()));
  return stored;
}

async function secretHashOf(
  secret: string | undefined,
  before: string | null,
): Promise<string | null> {
  if (secret === undefined) return null;
  if (before !== null && (await verifyPassword(secret, before))) return before;
  return hashPassword(secret);
}
