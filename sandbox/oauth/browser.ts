import { createHmac } from 'node:crypto';
import { TLSSocket } from 'node:tls';

import type { Request, Response } from 'express';

import type { OAuthPorts } from './ports.ts';
import { randomWord, sameText } from './secrets.ts';
import { findActiveSession, type ActiveSession } from './sessions.ts';

/** Salesforce's name of the session cookie. */
const SESSION_COOKIE = 'sid';
const FORM_COOKIE = 'lb_form';

/** The session of a browser that has logged in to the org's pages; undefined when it has not, or no longer. */
export async function findBrowserSession(
  ports: Pick<OAuthPorts, 'pool' | 'directory' | 'clock'>,
  request: Request,
): Promise<ActiveSession | undefined> {
  const token = cookieOf(request, SESSION_COOKIE);
  if (token === undefined) return undefined;
  const found = await findActiveSession(ports, token);
  return found?.session.kind === 'browser' ? found : undefined;
}

export function setSessionCookie(request: Request, response: Response, token: string): void {
  response.cookie(SESSION_COOKIE, token, cookieOptions(request));
}

export function clearSessionCookie(request: Request, response: Response): void {
  response.clearCookie(SESSION_COOKIE, cookieOptions(request));
}

/**
 * The token of a form: a keyed hash of something only this browser sends back by itself (its session cookie, or before
 * login a cookie made for the purpose), so that no other site can post the form.
 */
export function formToken(
  ports: Pick<OAuthPorts, 'key'>,
  request: Request,
  response: Response,
): string {
  let owner = formOwner(request);
  if (owner === undefined) {
    owner = randomWord();
    response.cookie(FORM_COOKIE, owner, cookieOptions(request));
  }
  return keyed(ports, owner);
}

export function isFormToken(
  ports: Pick<OAuthPorts, 'key'>,
  request: Request,
  token: string,
): boolean {
  const owner = formOwner(request);
  return owner !== undefined && sameText(keyed(ports, owner), token);
}

/** A path of this org to go on to; anything that could lead elsewhere becomes the start page. */
export function localPath(path: string | undefined): string {
  if (path === undefined || !path.startsWith('/') || /[\\\r\n\t]/.test(path)) return '/';
  const base = 'http://org.invalid';
  const url = URL.parse(path, base);
  // `/.//elsewhere` is this org's own address and yet its path, once in order, is another host's.
  if (url?.origin !== base || path.startsWith('//') || url.pathname.startsWith('//')) return '/';
  return `${url.pathname}${url.search}`;
}

function formOwner(request: Request): string | undefined {
  return cookieOf(request, SESSION_COOKIE) ?? cookieOf(request, FORM_COOKIE);
}

function keyed({ key }: Pick<OAuthPorts, 'key'>, owner: string): string {
  return createHmac('sha256', key).update(`form|${owner}`).digest('base64url');
}

function cookieOptions(request: Request) {
  return {
    httpOnly: true,
    sameSite: 'lax',
    path: '/',
    secure: request.socket instanceof TLSSocket,
  } as const;
}

function cookieOf(request: Request, name: string): string | undefined {
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const at = part.indexOf('=');
    if (at > 0 && part.slice(0, at).trim() === name) return decoded(part.slice(at + 1).trim());
  }
  return undefined;
}

/** Cookies of this org hold no escapes that could be malformed; what others have set is nobody's session. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
