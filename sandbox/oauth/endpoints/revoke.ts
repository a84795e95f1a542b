import type { Request, Response } from 'express';

import { inTransaction } from '../../../src/kit/transaction.ts';
import { OAuthError } from '../oauth-error.ts';
import type { OAuthPorts } from '../ports.ts';
import { hashToken } from '../secrets.ts';
import { findRefreshToken, revokeGrant } from '../store/grants.ts';
import { deleteSession } from '../store/sessions.ts';
import { formOf, queryOf } from './parameters.ts';

/** POST or GET /services/oauth2/revoke: an access token ends alone, a refresh token with all that came of it. */
export function revoke(ports: OAuthPorts) {
  return async (request: Request, response: Response): Promise<void> => {
    const value = formOf(request)['token'] ?? queryOf(request)['token'];
    if (value === undefined || value === '')
      throw new OAuthError('invalid_request', 'missing required parameter: token');
    const hash = hashToken(value);
    const known = await inTransaction(ports.pool, async (db) => {
      if (await deleteSession(db, hash)) return true;
      const stored = await findRefreshToken(db, hash);
      if (stored === undefined || stored.revokedAt !== null) return false;
      await revokeGrant(db, stored.id, new Date(ports.clock.now()));
      return true;
    });
    if (!known) throw new OAuthError('invalid_token', 'invalid token');
    response.status(200).end();
  };
}
