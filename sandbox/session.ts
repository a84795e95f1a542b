import type { NextFunction, Request, Response } from 'express';

import { SalesforceError } from './salesforce-error.ts';

/** Who a request acts for, once its token has been accepted. */
export interface Session {
  /** 18-character ids. */
  readonly userId: string;
  readonly orgId: string;
  readonly username: string;
  readonly profileId: string;
  /** The connected app's consumer key; null for a session opened by a login page or SOAP login. */
  readonly clientId: string | null;
  readonly scopes: readonly string[];
  /** The token itself, for revocation and for answers that repeat it. Never logged. */
  readonly accessToken: string;
}

/** What the OAuth part gives to all others: the session of a token, or undefined when it is unknown, expired or revoked. */
export interface Authenticator {
  authenticate(accessToken: string): Promise<Session | undefined>;
}

const sessions = new WeakMap<Request, Session>();

/** The session of a request that has passed `requireSession`. */
export function sessionOf(request: Request): Session {
  const session = sessions.get(request);
  if (session === undefined)
    throw new SalesforceError('INVALID_SESSION_ID', 'Session expired or invalid');
  return session;
}

/** The token a request carries: `Authorization: Bearer …` or `OAuth …` (REST, streaming), or `X-SFDC-Session` (Bulk 1). */
export function tokenOf(request: Pick<Request, 'headers'>): string | undefined {
  const header = request.headers.authorization;
  const match = header === undefined ? null : /^(?:Bearer|OAuth)\s+(\S+)$/i.exec(header);
  if (match !== null) return match[1];
  const bulk = request.headers['x-sfdc-session'];
  return typeof bulk === 'string' ? bulk : undefined;
}

/** Middleware: 401 INVALID_SESSION_ID unless the request's token is good. */
export function requireSession(authenticator: Authenticator) {
  return async (request: Request, _response: Response, next: NextFunction): Promise<void> => {
    const token = tokenOf(request);
    const session = token === undefined ? undefined : await authenticator.authenticate(token);
    if (session === undefined) {
      throw new SalesforceError('INVALID_SESSION_ID', 'Session expired or invalid');
    }
    sessions.set(request, session);
    next();
  };
}
