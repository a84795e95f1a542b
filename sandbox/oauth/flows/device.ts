import { randomInt } from 'node:crypto';

import { z } from 'zod';

import { inTransaction } from '../../../src/kit/transaction.ts';
import { getClient } from '../clients.ts';
import { issueAccessToken, openGrant, openRefreshToken } from '../issue.ts';
import { DEVICE_CODE_LIFETIME_MS, DEVICE_POLL_SECONDS } from '../limits.ts';
import { invalidRequest, OAuthError } from '../oauth-error.ts';
import { grantScopes } from '../scopes.ts';
import { hashToken, randomWord } from '../secrets.ts';
import { findDeviceCode, insertDeviceCode, markDeviceCode } from '../store/device-codes.ts';
import { assertApproved } from '../users.ts';
import type { Flow } from './flow.ts';

/** No letters that look like digits or each other: a person copies it from a screen. */
const USER_CODE_LETTERS = 'BCDFGHJKLMNPQRSTVWXZ';
const USER_CODE_CHARS = 8;

export const DEVICE_PATH = '/setup/connect';

/** `response_type=device_code`: a device without a browser gets a code for its user to enter elsewhere. */
export const beginDevice: Flow = async (ports, request) => {
  const app = await getClient(ports, request.client, { secretOptional: true });
  const deviceCode = randomWord();
  const userCode = Array.from(
    { length: USER_CODE_CHARS },
    () => USER_CODE_LETTERS[randomInt(USER_CODE_LETTERS.length)],
  ).join('');
  await insertDeviceCode(ports.pool, {
    hash: hashToken(deviceCode),
    userCode,
    clientId: app.clientId,
    scopes: grantScopes(request.parameters['scope'], app.scopes),
    expiresAt: new Date(ports.clock.now() + DEVICE_CODE_LIFETIME_MS),
  });
  return {
    device_code: deviceCode,
    user_code: userCode,
    verification_uri: `${request.baseUrl}${DEVICE_PATH}`,
    interval: DEVICE_POLL_SECONDS,
  };
};

/**
 * `grant_type=device`: the device asks whether its user has decided. The code is spent in the transaction that stores
 * the tokens, so a crash between leaves it usable.
 */
export const device: Flow = async (ports, request) => {
  const { code } = request.parameters;
  if (code === undefined || code === '') throw invalidRequest('missing required parameter: code');
  const app = await getClient(ports, request.client, { secretOptional: true });
  const now = new Date(ports.clock.now());
  const outcome = await inTransaction(ports.pool, async (db) => {
    const found = await findDeviceCode(db, hashToken(code));
    if (
      found === undefined ||
      found.clientId !== app.clientId ||
      found.expiresAt <= now ||
      found.state === 'used'
    ) {
      return new OAuthError('invalid_grant', 'invalid device code');
    }
    const hasty =
      found.polledAt !== null &&
      now.getTime() - found.polledAt.getTime() < DEVICE_POLL_SECONDS * 1000;
    await markDeviceCode(db, hashToken(code), {
      state: found.state === 'approved' ? 'used' : found.state,
      polledAt: now,
    });
    if (found.state === 'denied')
      return new OAuthError('access_denied', 'end-user denied authorization');
    if (found.state === 'pending') {
      return hasty
        ? new OAuthError('slow_down', 'polling too frequently')
        : new OAuthError('authorization_pending', 'end-user has not yet authorized the device');
    }
    const user = await ports.directory.findUserById(z.string().parse(found.userId));
    if (user === undefined || !user.active) return new OAuthError('invalid_grant', 'inactive user');
    assertApproved(app, user);
    const grant = await openGrant(ports, db, { app, user, scopes: found.scopes });
    const refreshToken = found.scopes.includes('refresh_token')
      ? await openRefreshToken(ports, db, { app, grant })
      : undefined;
    return issueAccessToken(ports, {
      db,
      app,
      user,
      grant,
      baseUrl: request.baseUrl,
      clientSecret: request.client.clientSecret,
      ...(refreshToken === undefined ? {} : { refreshToken }),
    });
  });
  if (outcome instanceof Error) throw outcome;
  return outcome;
};
