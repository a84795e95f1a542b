import type { NextFunction, Request, Response } from 'express';

import {
  clearSessionCookie,
  findBrowserSession,
  formToken,
  isFormToken,
  localPath,
  setSessionCookie,
} from '../browser.ts';
import { openSession } from '../issue.ts';
import { loginPage } from '../pages/login-page.ts';
import { sendPage } from '../pages/page.ts';
import type { OAuthPorts } from '../ports.ts';
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
    if (user === undefined) {
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

/** GET /secur/frontdoor.jsp?sid=…&retURL=…: an access token becomes a browser session (`sf org open`). */
export function openFrontDoor(ports: OAuthPorts) {
  return async (request: Request, response: Response): Promise<void> => {
    const { sid, retURL, startURL } = queryOf(request);
    const found = sid === undefined ? undefined : await findActiveSession(ports, sid);
    const target = localPath(retURL ?? startURL);
    const covers =
      found?.session.scopes.some((scope) => scope === 'web' || scope === 'full') === true;
    if (found === undefined || !covers) {
      response.redirect(`/?ec=302&startURL=${encodeURIComponent(target)}`);
      return;
    }
    setSessionCookie(
      request,
      response,
      await openSession(ports, ports.pool, { kind: 'browser', user: found.user }),
    );
    response.redirect(target);
  };
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
