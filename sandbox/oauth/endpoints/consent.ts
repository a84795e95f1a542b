import type { Request, Response } from 'express';

import { baseUrlOf } from '../base-url.ts';
import { findBrowserSession, formToken, isFormToken } from '../browser.ts';
import { OAuthError } from '../oauth-error.ts';
import { consentPage, messagePage } from '../pages/consent-page.ts';
import { sendPage } from '../pages/page.ts';
import type { OAuthPorts, OrgUser } from '../ports.ts';
import { hashToken } from '../secrets.ts';
import { findApp, type ConnectedApp } from '../store/apps.ts';
import {
  deleteAuthorization,
  findAuthorization,
  type AuthorizationRequest,
} from '../store/authorizations.ts';
import { assertApproved } from '../users.ts';
import { approve, CONSENT_PATH, deny, isApproved } from './authorize.ts';
import { formOf, queryOf } from './parameters.ts';

interface Pending {
  readonly app: ConnectedApp;
  readonly user: OrgUser;
  readonly wanted: AuthorizationRequest;
  readonly source: string;
}

/** GET the consent page: asks the user, unless he or an administrator has agreed before. */
export function showConsent(ports: OAuthPorts) {
  return async (request: Request, response: Response): Promise<void> => {
    const pending = await findPending(ports, request, response, queryOf(request)['source'] ?? '');
    if (pending === undefined) return;
    if (!isAllowed(pending, response)) return;
    if (await isApproved(ports, pending)) {
      await decide(ports, pending, { agreed: true, request, response });
      return;
    }
    sendPage(
      response,
      consentPage({
        ...pending,
        request: pending.wanted,
        csrf: formToken(ports, request, response),
      }),
    );
  };
}

/** POST: the user's decision. It counts once. */
export function decideConsent(ports: OAuthPorts) {
  return async (request: Request, response: Response): Promise<void> => {
    const form = formOf(request);
    if (!isFormToken(ports, request, form['csrf'] ?? '')) {
      sendPage(
        response,
        messagePage('This page has expired', 'Go back to the application and begin again.', 403),
      );
      return;
    }
    const pending = await findPending(ports, request, response, form['source'] ?? '');
    if (pending === undefined || !isAllowed(pending, response)) return;
    await decide(ports, pending, { agreed: form['save'] !== undefined, request, response });
  };
}

async function decide(
  ports: OAuthPorts,
  pending: Pending,
  {
    agreed,
    request,
    response,
  }: { readonly agreed: boolean; readonly request: Request; readonly response: Response },
): Promise<void> {
  if (!(await deleteAuthorization(ports.pool, hashToken(pending.source)))) {
    sendExpired(response);
    return;
  }
  response.redirect(
    agreed
      ? await approve(ports, { ...pending, baseUrl: baseUrlOf(request) })
      : deny(pending.wanted),
  );
}

async function findPending(
  ports: OAuthPorts,
  request: Request,
  response: Response,
  source: string,
): Promise<Pending | undefined> {
  const wanted = await findAuthorization(
    ports.pool,
    hashToken(source),
    new Date(ports.clock.now()),
  );
  const app = wanted === undefined ? undefined : await findApp(ports.pool, wanted.clientId);
  if (wanted === undefined || app === undefined) {
    sendExpired(response);
    return undefined;
  }
  const session = await findBrowserSession(ports, request);
  if (session === undefined) {
    response.redirect(
      `/?ec=302&startURL=${encodeURIComponent(`${CONSENT_PATH}?source=${source}`)}`,
    );
    return undefined;
  }
  return { app, user: session.user, wanted, source };
}

function isAllowed({ app, user }: Pending, response: Response): boolean {
  try {
    assertApproved(app, user);
    return true;
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    sendPage(
      response,
      messagePage(
        'We can’t authorize you',
        `error=${error.error}&error_description=${error.message}`,
        403,
      ),
    );
    return false;
  }
}

function sendExpired(response: Response): void {
  sendPage(
    response,
    messagePage('This page has expired', 'Go back to the application and begin again.', 400),
  );
}
