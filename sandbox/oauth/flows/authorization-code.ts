import { inTransaction } from '../../../src/kit/transaction.ts';
import { getClient } from '../clients.ts';
import { signIdToken } from '../id-token.ts';
import { issueAccessToken, openRefreshToken } from '../issue.ts';
import { invalidGrant, invalidRequest, redirectUriMismatch } from '../oauth-error.ts';
import { hashToken, sameText } from '../secrets.ts';
import type { ConnectedApp } from '../store/apps.ts';
import { revokeGrant, takeCode, type TakenCode } from '../store/grants.ts';
import type { Flow, TokenRequest } from './flow.ts';

/** RFC 7636: 43 to 128 unreserved characters. jsforce sends more, and Salesforce takes them. */
const CODE_VERIFIER = /^[A-Za-z0-9\-._~]{43,256}$/;

/**
 * The web server flow's second half: a code, and the verifier of its challenge, for tokens.
 *
 * Taking the code and storing the tokens is one transaction: a crash between leaves the code usable. The second use
 * of a code ends what the first was given (RFC 6749, 4.1.2), for one of the two was a thief.
 */
export const authorizationCode: Flow = async (ports, request) => {
  const { code } = request.parameters;
  if (code === undefined || code === '') throw invalidRequest('missing required parameter: code');
  const app = await getClient(ports, request.client, { secretOptional: true });
  const now = new Date(ports.clock.now());
  const outcome = await inTransaction(ports.pool, async (db) => {
    const taken = await takeCode(db, hashToken(code), now);
    if (taken === undefined || taken.clientId !== app.clientId)
      return invalidGrant('invalid authorization code');
    if (taken.alreadyUsed) {
      await revokeGrant(db, taken.id, now);
      return invalidGrant('expired authorization code');
    }
    const user = await ports.directory.findUserById(taken.userId);
    if (user === undefined || !user.active) return invalidGrant('inactive user');
    // A wrong attempt spends the code as well: the refusal is returned, not thrown, so that this commits.
    const refusal = findRefusal(taken, { app, request, now });
    if (refusal !== undefined) return refusal;
    const refreshToken = taken.scopes.includes('refresh_token')
      ? await openRefreshToken(ports, db, { app, grant: taken })
      : undefined;
    const reply = await issueAccessToken(ports, {
      db,
      app,
      user,
      grant: taken,
      baseUrl: request.baseUrl,
      clientSecret: request.client.clientSecret,
      ...(refreshToken === undefined ? {} : { refreshToken }),
    });
    return { reply, user, nonce: taken.nonce };
  });
  if (outcome instanceof Error) throw outcome;
  const { reply, user, nonce } = outcome;
  if (!reply.scope.split(' ').includes('openid')) return reply;
  const idToken = await signIdToken(ports, {
    user,
    clientId: app.clientId,
    baseUrl: request.baseUrl,
    accessToken: reply.access_token,
    nonce,
  });
  return { ...reply, id_token: idToken };
};

function findRefusal(
  code: TakenCode,
  {
    app,
    request,
    now,
  }: { readonly app: ConnectedApp; readonly request: TokenRequest; readonly now: Date },
): Error | undefined {
  const { redirect_uri: redirectUri, code_verifier: verifier } = request.parameters;
  if (code.revokedAt !== null || code.expiresAt <= now)
    return invalidGrant('expired authorization code');
  if (redirectUri !== code.redirectUri) return redirectUriMismatch();
  if (code.challenge === null) {
    if (app.secretHash !== null && request.client.clientSecret === undefined) {
      return invalidRequest('missing required parameter: client_secret');
    }
    return verifier === undefined ? undefined : invalidGrant('invalid code verifier');
  }
  if (verifier === undefined) return invalidGrant('missing required code verifier');
  if (!CODE_VERIFIER.test(verifier)) return invalidGrant('invalid code verifier');
  if (!sameText(hashToken(verifier).toString('base64url'), code.challenge))
    return invalidGrant('invalid code verifier');
  return undefined;
}
