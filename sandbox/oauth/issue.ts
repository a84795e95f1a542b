import { randomUUID } from 'node:crypto';

import { signAccessToken } from './id-token.ts';
import type { OAuthPorts, OrgUser } from './ports.ts';
import { hashToken, mintAccessToken, mintRefreshToken, sign } from './secrets.ts';
import type { ConnectedApp, Database } from './store/apps.ts';
import { insertGrant, insertRefreshToken, type Grant } from './store/grants.ts';
import { insertSession, type SessionKind } from './store/sessions.ts';

/** What the token endpoint answers with. */
export interface TokenReply {
  readonly access_token: string;
  readonly refresh_token?: string;
  readonly signature: string;
  readonly scope: string;
  readonly id_token?: string;
  readonly instance_url: string;
  readonly id: string;
  readonly token_type: 'Bearer';
  readonly issued_at: string;
  readonly token_format?: string;
}

export interface Issue {
  readonly db: Database;
  readonly app: ConnectedApp;
  readonly user: OrgUser;
  readonly grant: Grant;
  /** The address under which the client reaches the org. */
  readonly baseUrl: string;
  /** The client's secret, when the request showed it: the signature is made with it. */
  readonly clientSecret: string | undefined;
  readonly refreshToken?: string;
}

/** Makes an access token of a grant and the answer that carries it. */
export async function issueAccessToken(ports: OAuthPorts, issue: Issue): Promise<TokenReply> {
  const { app, user, grant, baseUrl } = issue;
  const accessToken = await openSession(ports, issue.db, {
    kind: 'oauth',
    user,
    app,
    grant,
    baseUrl,
  });
  const id = identityUrl(baseUrl, ports.directory.orgId, user.id);
  const issuedAt = String(ports.clock.now());
  return {
    access_token: accessToken,
    ...(issue.refreshToken === undefined ? {} : { refresh_token: issue.refreshToken }),
    signature: sign(issue.clientSecret ?? ports.key, id + issuedAt),
    scope: grant.scopes.join(' '),
    instance_url: baseUrl,
    id,
    token_type: 'Bearer',
    issued_at: issuedAt,
    ...(app.jwtAccessTokens ? { token_format: 'jwt' } : {}),
  };
}

export async function openSession(
  ports: Pick<OAuthPorts, 'directory' | 'clock' | 'settings' | 'signingKey'>,
  db: Database,
  opened: {
    readonly kind: SessionKind;
    readonly user: OrgUser;
    readonly app?: ConnectedApp;
    readonly grant?: Grant;
    readonly scopes?: readonly string[];
    readonly baseUrl?: string;
    readonly seconds?: number;
  },
): Promise<string> {
  const { directory, clock, settings } = ports;
  const now = clock.now();
  const opaque = mintAccessToken(directory.orgId);
  const timeoutSeconds =
    opened.seconds ??
    opened.app?.sessionTimeoutSeconds ??
    Math.ceil(settings.sessionTimeoutMs / 1000);
  const scopes = opened.grant?.scopes ?? opened.scopes ?? ['full'];
  const token =
    opened.app?.jwtAccessTokens === true && opened.baseUrl !== undefined
      ? await signAccessToken(ports, {
          user: opened.user,
          clientId: opened.app.clientId,
          baseUrl: opened.baseUrl,
          scopes,
          seconds: timeoutSeconds,
          word: hashToken(opaque).toString('base64url'),
        })
      : opaque;
  await insertSession(db, {
    tokenHash: hashToken(token),
    kind: opened.kind,
    grantId: opened.grant?.id ?? null,
    clientId: opened.app?.clientId ?? null,
    userId: opened.user.id,
    scopes,
    issuedAt: new Date(now),
    expiresAt: new Date(now + timeoutSeconds * 1000),
    timeoutSeconds,
  });
  return token;
}

export async function openGrant(
  { clock }: Pick<OAuthPorts, 'clock'>,
  db: Database,
  approved: {
    readonly app: ConnectedApp;
    readonly user: OrgUser;
    readonly scopes: readonly string[];
  },
): Promise<Grant> {
  const grant = {
    id: randomUUID(),
    clientId: approved.app.clientId,
    userId: approved.user.id,
    scopes: approved.scopes,
  };
  await insertGrant(db, grant, new Date(clock.now()));
  return grant;
}

export async function openRefreshToken(
  { clock }: Pick<OAuthPorts, 'clock'>,
  db: Database,
  of: { readonly app: ConnectedApp; readonly grant: Grant },
): Promise<string> {
  const token = mintRefreshToken();
  const now = clock.now();
  const lifetime = of.app.refreshTokenLifetimeSeconds;
  await insertRefreshToken(db, {
    tokenHash: hashToken(token),
    grantId: of.grant.id,
    createdAt: new Date(now),
    expiresAt: lifetime === null ? null : new Date(now + lifetime * 1000),
  });
  return token;
}

export function identityUrl(baseUrl: string, orgId: string, userId: string): string {
  return `${baseUrl}/id/${orgId}/${userId}`;
}
