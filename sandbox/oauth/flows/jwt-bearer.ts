import { createPublicKey, type KeyObject } from 'node:crypto';

import { decodeJwt, errors, jwtVerify, type JWTPayload } from 'jose';

import { issueAccessToken, openGrant } from '../issue.ts';
import { ASSERTION_CLOCK_TOLERANCE_SECONDS } from '../limits.ts';
import { invalidClientId, invalidGrant, invalidRequest } from '../oauth-error.ts';
import type { OAuthPorts, OrgUser } from '../ports.ts';
import { findApp, type ConnectedApp } from '../store/apps.ts';
import { findApproval } from '../store/grants.ts';
import { assertAddress, assertApproved, isPreApproved } from '../users.ts';
import type { Flow } from './flow.ts';

/** Salesforce's own login addresses, which clients name as the audience whatever org they log in to. */
const LOGIN_ADDRESSES = ['https://login.salesforce.com', 'https://test.salesforce.com'] as const;

/**
 * A signed assertion for a token: the app shows it holds the private key of its certificate, and names a user who has
 * approved it or whom an administrator has.
 */
export const jwtBearer: Flow = async (ports, request) => {
  const { assertion } = request.parameters;
  if (assertion === undefined || assertion === '')
    throw invalidRequest('missing required parameter: assertion');
  const claims = peek(assertion);
  if (typeof claims.iss !== 'string') throw invalidGrant('invalid assertion');
  const app = await findApp(ports.pool, claims.iss);
  if (app === undefined) throw invalidClientId();
  if (app.certificate === null) throw invalidGrant('invalid assertion');
  const { subject } = await verify(assertion, {
    key: publicKeyOf(app.certificate),
    baseUrl: request.baseUrl,
    ports,
  });
  const user = await ports.directory.findUserByUsername(subject);
  if (user === undefined || !user.active) throw invalidGrant("user hasn't approved this consumer");
  await assertAddress(ports, user, request.address);
  const scopes = await approvedScopes(ports, app, user);
  const grant = await openGrant(ports, ports.pool, { app, user, scopes });
  return issueAccessToken(ports, {
    db: ports.pool,
    app,
    user,
    grant,
    baseUrl: request.baseUrl,
    clientSecret: undefined,
  });
};

async function verify(
  assertion: string,
  {
    key,
    baseUrl,
    ports,
  }: { readonly key: KeyObject; readonly baseUrl: string; readonly ports: OAuthPorts },
): Promise<{ readonly subject: string }> {
  const audience = [baseUrl, ...LOGIN_ADDRESSES].flatMap((url) => [
    url,
    `${url}/`,
    `${url}/services/oauth2/token`,
  ]);
  try {
    // `exp` has no upper bound: @salesforce/core sends it in milliseconds.
    const { payload } = await jwtVerify(assertion, key, {
      audience,
      algorithms: ['RS256'],
      requiredClaims: ['exp', 'aud', 'iss'],
      clockTolerance: ASSERTION_CLOCK_TOLERANCE_SECONDS,
      currentDate: new Date(ports.clock.now()),
    });
    const subject = payload.sub ?? payload['prn'];
    if (typeof subject !== 'string' || subject === '') throw invalidGrant('invalid assertion');
    return { subject };
  } catch (error) {
    if (error instanceof errors.JWTExpired) throw invalidGrant('assertion expired');
    if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'aud') {
      throw invalidGrant('audience is invalid');
    }
    if (error instanceof errors.JOSEError) throw invalidGrant('invalid assertion');
    throw error;
  }
}

/** An administrator's approval gives the app's own scopes; a user's gives what he approved. */
async function approvedScopes(
  ports: OAuthPorts,
  app: ConnectedApp,
  user: OrgUser,
): Promise<readonly string[]> {
  assertApproved(app, user);
  const all = app.scopes.filter((scope) => scope !== 'refresh_token');
  if (isPreApproved(app, user)) return all;
  const approval = await findApproval(ports.pool, {
    clientId: app.clientId,
    userId: user.id,
    scopes: [],
  });
  if (approval === undefined) throw invalidGrant("user hasn't approved this consumer");
  return approval.scopes.filter((scope) => scope !== 'refresh_token');
}

function peek(assertion: string): JWTPayload {
  try {
    return decodeJwt(assertion);
  } catch {
    throw invalidGrant('invalid assertion');
  }
}

/** Takes an X.509 certificate or a bare public key, both as PEM. */
export function publicKeyOf(certificate: string): KeyObject {
  return createPublicKey(certificate);
}
