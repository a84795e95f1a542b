import type { Request, Response } from 'express';

import { inTransaction } from '../../../src/kit/transaction.ts';
import { baseUrlOf } from '../base-url.ts';
import { getClient, parseBasic } from '../clients.ts';
import { identityUrl } from '../issue.ts';
import type { OAuthPorts } from '../ports.ts';
import { hashToken } from '../secrets.ts';
import { findRefreshToken } from '../store/grants.ts';
import { findSession } from '../store/sessions.ts';
import { formOf } from './parameters.ts';

/** POST /services/oauth2/introspect: a client asks about a token of its own (RFC 7662). Others' tokens are not active to it. */
export function introspect(ports: OAuthPorts) {
  return async (request: Request, response: Response): Promise<void> => {
    const form = formOf(request);
    const app = await getClient(
      ports,
      parseBasic(request.headers.authorization) ?? {
        clientId: form['client_id'],
        clientSecret: form['client_secret'],
      },
      { secretOptional: false },
    );
    const found = await findToken(ports, hashToken(form['token'] ?? ''));
    const user =
      found?.clientId === app.clientId
        ? await ports.directory.findUserById(found.userId)
        : undefined;
    response.set('Cache-Control', 'no-store');
    if (found === undefined || user === undefined || !user.active) {
      response.json({ active: false });
      return;
    }
    response.json({
      active: true,
      scope: found.scopes.join(' '),
      client_id: app.clientId,
      username: user.username,
      sub: identityUrl(baseUrlOf(request), ports.directory.orgId, user.id),
      token_type: found.type,
      ...(found.expiresAt === null ? {} : { exp: seconds(found.expiresAt) }),
      iat: seconds(found.issuedAt),
      nbf: seconds(found.issuedAt),
    });
  };
}

interface FoundToken {
  readonly type: 'access_token' | 'refresh_token';
  readonly clientId: string | null;
  readonly userId: string;
  readonly scopes: readonly string[];
  readonly issuedAt: Date;
  readonly expiresAt: Date | null;
}

async function findToken(
  { pool, clock }: OAuthPorts,
  hash: Buffer,
): Promise<FoundToken | undefined> {
  const now = new Date(clock.now());
  const session = await findSession(pool, hash, now);
  if (session !== undefined) return { ...session, type: 'access_token' };
  const refresh = await inTransaction(pool, (db) => findRefreshToken(db, hash));
  if (refresh === undefined || refresh.revokedAt !== null || refresh.replacedAt !== null)
    return undefined;
  if (refresh.expiresAt !== null && refresh.expiresAt <= now) return undefined;
  return { ...refresh, type: 'refresh_token', issuedAt: refresh.createdAt };
}

function seconds(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}
