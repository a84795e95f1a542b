import type { NextFunction, Request, Response } from 'express';

import { findBrowserSession, formToken, isFormToken } from '../oauth/browser.ts';
import { html } from '../oauth/pages/html.ts';
import type { OrgUser } from '../oauth/ports.ts';
import { oauthPorts } from '../oauth/router.ts';
import type { Org } from '../org.ts';
import type { WriteContext } from '../records/engine.ts';
import { SalesforceError } from '../salesforce-error.ts';
import { sendPage } from './page.ts';
import type { TimeStyle } from './time.ts';

/** A page's request: by a person who has logged in, with the form he sent, if he did. */
export interface Visit {
  /** The org as this person may see it. */
  readonly org: Org;
  readonly user: OrgUser;
  readonly time: TimeStyle;
  readonly request: Request;
  readonly response: Response;
  /** For the hidden field of every form. */
  readonly csrf: string;
  /** What was sent; of a name that was sent several times the values, joined by `;`. */
  readonly form: Readonly<Record<string, string>>;
  readonly context: WriteContext;
}

export type PageHandler = (visit: Visit) => Promise<void> | void;

/** What a handler is given, and how refusals become pages. */
export function visiting(org: Org, handler: PageHandler) {
  return async (request: Request, response: Response, next: NextFunction): Promise<void> => {
    const ports = oauthPorts(org);
    const session = await findBrowserSession(ports, request);
    if (session === undefined) {
      leadToLogin(request, response);
      return;
    }
    const { user } = session;
    const seen = await org.seenBy({ userId: user.id, profileId: user.profileId });
    const visit: Visit = {
      org: seen,
      user,
      time: { zone: user.timeZone, language: user.locale.replaceAll('_', '-') },
      request,
      response,
      csrf: formToken(ports, request, response),
      form: textsOf(request.body),
      context: { session: { userId: user.id }, origin: '', allOrNone: true, values: 'text' },
    };
    try {
      assertMayVisit(seen, request);
      if (request.method === 'POST') assertOwnForm(org, request, visit.form);
      await handler(visit);
    } catch (error) {
      if (response.headersSent) {
        next(error);
        return;
      }
      if (!(error instanceof SalesforceError)) {
        org.log.error({ err: error, path: request.path }, 'a page failed');
      }
      sendRefusal(visit, error);
    }
  };
}

function leadToLogin(request: Request, response: Response): void {
  const back = request.method === 'GET' ? request.originalUrl : '/';
  response.redirect(`/?ec=302&startURL=${encodeURIComponent(back)}`);
}

function sendRefusal(visit: Visit, error: unknown): void {
  const known = error instanceof SalesforceError ? error : undefined;
  const title = known?.status === 404 ? 'Not found' : 'That did not work';
  sendPage(visit, {
    title,
    status: known?.status ?? 500,
    body: html`<div class="card">
      <h1>${title}</h1>
      <p class="note bad" role="alert">${known?.message ?? 'Something went wrong in the org itself. Its log says what.'}</p>
      <p><a href="/">Home</a></p>
    </div>`,
  });
}

/** Users of the API alone have no pages, and the setup is for those who may see or change it. */
function assertMayVisit({ permissions }: Org, request: Request): void {
  const setup = request.path === '/setup' || request.path.startsWith('/setup/');
  const needed = request.method === 'POST' ? 'CustomizeApplication' : 'ViewSetup';
  if (!permissions.has('ApiUserOnly') && (!setup || permissions.has(needed))) return;
  throw new SalesforceError(
    'INSUFFICIENT_ACCESS',
    'Insufficient Privileges. You do not have the level of access necessary to perform the operation you requested.',
  );
}

/** A form is taken from this org's own pages only: the hidden field is what no other site can know. */
function assertOwnForm(org: Org, request: Request, { csrf = '' }: Visit['form']): void {
  if (isFormToken(oauthPorts(org), request, csrf)) return;
  throw new SalesforceError(
    'INVALID_FORM',
    'The form has expired. Go back, load the page again, and send it once more.',
    { status: 403 },
  );
}

function textsOf(body: unknown): Readonly<Record<string, string>> {
  if (typeof body !== 'object' || body === null) return {};
  return Object.fromEntries(
    Object.entries(body).flatMap(([name, value]): [string, string][] => {
      if (typeof value === 'string') return [[name, value]];
      return Array.isArray(value) ? [[name, value.join(';')]] : [];
    }),
  );
}

/** One value of the address's query, trimmed; empty when it is not there. */
export function asked({ request }: Visit, name: string): string {
  const value = request.query[name];
  return typeof value === 'string' ? value.trim() : '';
}

/** What lies below the org's own pages and is none. */
export function notFoundPage(): never {
  throw new SalesforceError('NOT_FOUND', 'There is no such page in this org.');
}
