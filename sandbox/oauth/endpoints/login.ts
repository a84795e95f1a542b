import type { NextFunction, Request, Response } from 'express';

import { addressOf, mayLogInFrom } from '../../access/login-ranges.ts';
import { tokenOf } from '../../session.ts';
import {
  clearSessionCookie,
  findBrowserSession,
  formToken,
  isFormToken,
  localPath,
  setSessionCookie,
} from '../browser.ts';
import { baseUrlOf } from '../base-url.ts';
import { openSession } from '../issue.ts';
import { FRONT_DOOR_SECONDS } from '../limits.ts';
import { OAuthError } from '../oauth-error.ts';
import { loginPage } from '../pages/login-page.ts';
import { sendPage } from '../pages/page.ts';
import type { OAuthPorts, OrgUser } from '../ports.ts';
import { hashToken } from '../secrets.ts';
import { endSession, findActiveSession } from '../sessions.ts';
import { findAuthorization } from '../store/authorizations.ts';
import { findUserByPassword } from '../users.ts';
import { formOf, queryOf } from './parameters.ts';

/** GET /: the login page, for whoever is not logged in or was sent here to do so; others go on to the org's pages. */
export function showLogin(ports: OAuthPorts) {
  return async (request: Request, response: Response, next: NextFunction): Promise<void> => {
    const { ec, startURL, un } = queryOf(request);
    if (ec === undefined && (await findBrowserSession(ports, request)) !== undefined) {
      next();
      return;
    }
    await sendLogin(ports, request, response, {
      startUrl: localPath(startURL),
      username: un ?? '',
      failed: false,
    });
  };
}

/** POST /: opens the browser's session and goes on to where it was sent from. */
export function logIn(ports: OAuthPorts) {
  return async (request: Request, response: Response): Promise<void> => {
    const { username = '', un, pw = '', startURL, csrf = '' } = formOf(request);
    const name = username === '' ? (un ?? '') : username;
    const startUrl = localPath(startURL);
    // An expired form is shown again, without a word about the password: it has not been looked at.
    const fresh = isFormToken(ports, request, csrf);
    const user = fresh ? await findUserByPassword(ports, name, pw) : undefined;
    const admitted =
      user !== undefined && (await mayLogInFrom(ports.pool, user.profileId, addressOf(request)));
    if (!admitted) {
      await sendLogin(ports, request, response, { startUrl, username: name, failed: fresh });
      return;
    }
    setSessionCookie(
      request,
      response,
      await openSession(ports, ports.pool, { kind: 'browser', user }),
    );
    response.redirect(startUrl);
  };
}

/** GET /secur/logout.jsp */
export function logOut(ports: OAuthPorts) {
  return async (request: Request, response: Response): Promise<void> => {
    const session = await findBrowserSession(ports, request);
    if (session !== undefined) await endSession(ports, session.token);
    clearSessionCookie(request, response);
    response.redirect('/');
  };
}

/**
 * GET /secur/frontdoor.jsp?sid=…&retURL=… (or `otp`): an access token, or a word that is good once, becomes a browser
 * session (`sf org open`).
 */
export function openFrontDoor(ports: OAuthPorts) {
  return async (request: Request, response: Response): Promise<void> => {
    const { sid, otp, retURL, startURL } = queryOf(request);
    const target = localPath(retURL ?? startURL);
    const user =
      otp === undefined ? await findTokenUser(ports, sid) : await findOneTimeUser(ports, otp);
    if (user === undefined) {
      response.redirect(`/?ec=302&startURL=${encodeURIComponent(target)}`);
      return;
    }
    const token = await openSession(ports, ports.pool, { kind: 'browser', user });
    setSessionCookie(request, response, token);
    response.redirect(target);
  };
}

/** GET or POST /services/oauth2/singleaccess: an address that opens the org's pages once, for the caller. */
export function singleAccess(ports: OAuthPorts) {
  return async (request: Request, response: Response): Promise<void> => {
    const token = tokenOf(request) ?? formOf(request)['access_token'];
    const user = await findTokenUser(ports, token);
    if (user === undefined)
      throw new OAuthError(
        'invalid_token',
        'the access token is not valid, or may not open pages',
        401,
      );
    const otp = await openSession(ports, ports.pool, {
      kind: 'front_door',
      user,
      scopes: [],
      seconds: FRONT_DOOR_SECONDS,
    });
    const path = localPath(formOf(request)['redirect_uri'] ?? queryOf(request)['redirect_uri']);
    const query = new URLSearchParams({ otp, startURL: path });
    response.json({
      frontdoor_uri: `${baseUrlOf(request)}/secur/frontdoor.jsp?${query.toString()}`,
    });
  };
}

async function findTokenUser(
  ports: OAuthPorts,
  token: string | undefined,
): Promise<OrgUser | undefined> {
  const found = token === undefined ? undefined : await findActiveSession(ports, token);
  const covers =
    found?.session.scopes.some((scope) => scope === 'web' || scope === 'full') === true;
  return covers ? found?.user : undefined;
}

async function findOneTimeUser(ports: OAuthPorts, otp: string): Promise<OrgUser | undefined> {
  const found = await findActiveSession(ports, otp);
  // An access token is no such word: it may be one that opens no pages.
  if (found?.session.kind !== 'front_door') return undefined;
  // Whoever removes it has used it; a second use finds nothing to remove.
  return (await endSession(ports, otp)) ? found.user : undefined;
}

async function sendLogin(
  ports: OAuthPorts,
  request: Request,
  response: Response,
  form: { readonly startUrl: string; readonly username: string; readonly failed: boolean },
): Promise<void> {
  sendPage(
    response,
    loginPage({
      ...form,
      csrf: formToken(ports, request, response),
      leadsTo: await findCallback(ports, form.startUrl),
    }),
  );
}

/** A login that is part of an authorization ends at the application's callback, which the page's policy must allow. */
async function findCallback(ports: OAuthPorts, startUrl: string): Promise<string | undefined> {
  const source = new URLSearchParams(startUrl.split('?')[1] ?? '').get('source');
  if (source === null) return undefined;
  const wanted = await findAuthorization(
    ports.pool,
    hashToken(source),
    new Date(ports.clock.now()),
  );
  return wanted?.redirectUri;
}
