import { inTransaction } from '../../../src/kit/transaction.ts';
import { getClient } from '../clients.ts';
import { issueAccessToken, openRefreshToken } from '../issue.ts';
import { invalidGrant, invalidRequest } from '../oauth-error.ts';
import { hashToken } from '../secrets.ts';
import {
  findRefreshToken,
  replaceRefreshToken,
  revokeGrant,
  touchRefreshToken,
} from '../store/grants.ts';
import { assertAddress } from '../users.ts';
import type { Flow } from './flow.ts';

const EXPIRED = 'expired access/refresh token';

/**
 * A new access token for a refresh token. Where the app rotates refresh tokens the old one is replaced in the same
 * transaction as the new one is stored; a replaced token that comes back ends the whole grant.
 */
export const refreshToken: Flow = async (ports, request) => {
  const { refresh_token: token } = request.parameters;
  if (token === undefined || token === '')
    throw invalidRequest('missing required parameter: refresh_token');
  const app = await getClient(ports, request.client, { secretOptional: true });
  const now = new Date(ports.clock.now());
  const outcome = await inTransaction(ports.pool, async (db) => {
    const stored = await findRefreshToken(db, hashToken(token));
    if (stored === undefined || stored.clientId !== app.clientId) return invalidGrant(EXPIRED);
    if (stored.revokedAt !== null || (stored.expiresAt !== null && stored.expiresAt <= now)) {
      return invalidGrant(EXPIRED);
    }
    const idle = app.refreshTokenIdleSeconds;
    if (idle !== null && stored.usedAt.getTime() + idle * 1000 <= now.getTime())
      return invalidGrant(EXPIRED);
    if (stored.replacedAt !== null) {
      await revokeGrant(db, stored.id, now);
      return invalidGrant(EXPIRED);
    }
    const user = await ports.directory.findUserById(stored.userId);
    if (user === undefined || !user.active) return invalidGrant('inactive user');
    await assertAddress(ports, user, request.address);
    await touchRefreshToken(db, hashToken(token), now);
    const rotated = app.rotatesRefreshTokens
      ? await openRefreshToken(ports, db, { app, grant: stored })
      : undefined;
    if (rotated !== undefined) await replaceRefreshToken(db, hashToken(token), now);
    return issueAccessToken(ports, {
      db,
      app,
      user,
      grant: stored,
      baseUrl: request.baseUrl,
      clientSecret: request.client.clientSecret,
      ...(rotated === undefined ? {} : { refreshToken: rotated }),
    });
  });
  if (outcome instanceof Error) throw outcome;
  return outcome;
};
