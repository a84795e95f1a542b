import { randomBytes } from 'node:crypto';
import { join } from 'node:path';

import express, { Router, type NextFunction, type Request, type Response } from 'express';

import { openSecretBox } from '../../src/kit/secret-box.ts';
import type { Org } from '../org.ts';
import type { Authenticator } from '../session.ts';
import { authorize, CONSENT_PATH } from './endpoints/authorize.ts';
import { decideConsent, showConsent } from './endpoints/consent.ts';
import { decideOnDevice, showDevice } from './endpoints/device.ts';
import { keys, openidConfiguration } from './endpoints/discovery.ts';
import { identity, userInfo } from './endpoints/identity.ts';
import { introspect } from './endpoints/introspect.ts';
import { logIn, logOut, openFrontDoor, showLogin, singleAccess } from './endpoints/login.ts';
import { register } from './endpoints/register.ts';
import { revoke } from './endpoints/revoke.ts';
import { token } from './endpoints/token.ts';
import { DEVICE_PATH } from './flows/device.ts';
import { FORM_BYTES_MAX } from './limits.ts';
import { OAuthError } from './oauth-error.ts';
import type { OAuthPorts } from './ports.ts';
import { signingKeyOf } from './signing-key.ts';
import { coversApi, findActiveSession } from './sessions.ts';
import { createUserDirectory } from './user-directory.ts';

/** One set of ports per org, so that its router, its pages and its authenticator share the form key. */
const portsOfOrg = new WeakMap<object, OAuthPorts>();

export function oauthPorts(
  org: Pick<Org, 'pool' | 'orgId' | 'clock' | 'log' | 'settings' | 'config'>,
): OAuthPorts {
  const known = portsOfOrg.get(org);
  if (known !== undefined) return known;
  const { pool, clock, log, settings, orgId, config } = org;
  const ports = {
    pool,
    clock,
    log,
    settings,
    directory: createUserDirectory(pool, orgId),
    key: randomBytes(32),
    signingKey: signingKeyOf(
      pool,
      () => openSecretBox(join(config.home, 'org.key')),
      () => new Date(clock.now()),
    ),
  };
  portsOfOrg.set(org, ports);
  return ports;
}

export function createOAuthRouter(org: Org): Router {
  return createRouter(oauthPorts(org));
}

/** The session of an access token, for every other part of the org. */
export function createAuthenticator(org: Org): Authenticator {
  return createAuthenticatorOf(oauthPorts(org));
}

export function createAuthenticatorOf(ports: OAuthPorts): Authenticator {
  return {
    async authenticate(accessToken) {
      const found = await findActiveSession(ports, accessToken);
      // A token for identity alone (`openid`, `web`, …) opens none of the data APIs.
      if (found === undefined || !coversApi(found.session)) return undefined;
      return {
        userId: found.user.id,
        orgId: ports.directory.orgId,
        username: found.user.username,
        profileId: found.user.profileId,
        clientId: found.session.clientId,
        scopes: found.session.scopes,
        accessToken,
      };
    },
  };
}

/** Everything about logging in. Its errors are OAuth's own, an object with `error` and `error_description`. */
export function createRouter(ports: OAuthPorts): Router {
  const router = Router();
  const form = express.urlencoded({ extended: false, limit: FORM_BYTES_MAX });
  router.get('/', showLogin(ports));
  router.post('/', form, logIn(ports));
  router.get('/secur/logout.jsp', logOut(ports));
  router.get('/secur/frontdoor.jsp', openFrontDoor(ports));
  router.get('/services/oauth2/singleaccess', singleAccess(ports));
  router.post('/services/oauth2/singleaccess', form, singleAccess(ports));
  router.get('/services/oauth2/authorize', authorize(ports));
  router.get(CONSENT_PATH, showConsent(ports));
  router.post(CONSENT_PATH, form, decideConsent(ports));
  router.get(DEVICE_PATH, showDevice(ports));
  router.post(DEVICE_PATH, form, decideOnDevice(ports));
  router.post('/services/oauth2/token', form, token(ports));
  router.post('/services/oauth2/revoke', form, revoke(ports));
  router.get('/services/oauth2/revoke', revoke(ports));
  router.all('/services/oauth2/register', register);
  router.post('/services/oauth2/introspect', form, introspect(ports));
  router.get('/services/oauth2/userinfo', userInfo(ports));
  router.post('/services/oauth2/userinfo', form, userInfo(ports));
  router.get('/.well-known/openid-configuration', openidConfiguration);
  router.get('/id/keys', keys(ports));
  router.get('/id/:org/:user', identity(ports));
  router.post('/id/:org/:user', form, identity(ports));
  router.use(answerOAuthErrors);
  return router;
}

function answerOAuthErrors(
  error: unknown,
  _request: Request,
  response: Response,
  next: NextFunction,
): void {
  if (!(error instanceof OAuthError) || response.headersSent) {
    next(error);
    return;
  }
  response
    .status(error.status)
    .set({ 'Cache-Control': 'no-store', Pragma: 'no-cache' })
    .json({ error: error.error, error_description: error.message });
}
