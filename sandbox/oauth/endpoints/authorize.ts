import type { Request, Response } from 'express';

import { baseUrlOf } from '../base-url.ts';
import { findBrowserSession } from '../browser.ts';
import { pageSessions } from '../flows/hybrid.ts';
import { issueAccessToken, openGrant } from '../issue.ts';
import { AUTHORIZATION_LIFETIME_MS, CODE_LIFETIME_MS } from '../limits.ts';
import { invalidClientId, OAuthError, redirectUriMismatch } from '../oauth-error.ts';
import { messagePage } from '../pages/consent-page.ts';
import { sendPage } from '../pages/page.ts';
import type { OAuthPorts, OrgUser } from '../ports.ts';
import { grantScopes } from '../scopes.ts';
import { hashToken, mintCode, randomWord } from '../secrets.ts';
import type { ActiveSession } from '../sessions.ts';
import { findApp, type ConnectedApp } from '../store/apps.ts';
import { insertAuthorization, type AuthorizationRequest } from '../store/authorizations.ts';
import { findApproval, insertCode, type Grant } from '../store/grants.ts';
import { assertApproved, isPreApproved } from '../users.ts';
import { queryOf } from './parameters.ts';

export const CONSENT_PATH = '/setup/secur/RemoteAccessAuthorizationPage.apexp';

/**
 * GET /services/oauth2/authorize: the first half of the web server flow (and of the user-agent flow).
 *
 * ```
 * authorize ──► login page ──► consent page ──► callback?code=…
 *     │ logged in already ──────────▲    ▲
 *     └ approved before ────────────────────── callback
 * ```
 */
export function authorize(ports: OAuthPorts) {
  return async (request: Request, response: Response): Promise<void> => {
    const query = queryOf(request);
    const app =
      query['client_id'] === undefined ? undefined : await findApp(ports.pool, query['client_id']);
    const redirectUri = app === undefined ? undefined : findCallback(app, query['redirect_uri']);
    if (app === undefined || redirectUri === undefined) {
      // Never redirect to an address that nobody has registered: it could be anyone's.
      const { error, message } = app === undefined ? invalidClientId() : redirectUriMismatch();
      sendPage(
        response,
        messagePage('We can’t authorize you', `error=${error}&error_description=${message}`, 400),
      );
      return;
    }
    try {
      const wanted = readRequest(app, redirectUri, query);
      const session =
        query['prompt']?.includes('login') === true
          ? undefined
          : await findBrowserSession(ports, request);
      if (query['immediate'] === 'true' || query['prompt'] === 'none') {
        await answerImmediately(ports, { app, wanted, session, request, response });
        return;
      }
      const source = randomWord();
      const now = ports.clock.now();
      await insertAuthorization(
        ports.pool,
        {
          idHash: hashToken(source),
          request: wanted,
          expiresAt: new Date(now + AUTHORIZATION_LIFETIME_MS),
        },
        new Date(now),
      );
      const consent = `${CONSENT_PATH}?source=${source}`;
      const hint =
        query['login_hint'] === undefined ? '' : `&un=${encodeURIComponent(query['login_hint'])}`;
      response.redirect(
        session === undefined ? `/?ec=302&startURL=${encodeURIComponent(consent)}${hint}` : consent,
      );
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error;
      response.redirect(
        withParameters(redirectUri, query['response_type']?.endsWith('token') === true, {
          error: error.error,
          error_description: error.message,
          ...(query['state'] === undefined ? {} : { state: query['state'] }),
        }),
      );
    }
  };
}

/** Ends an authorization the user has agreed to: the address to send the browser to. */
export async function approve(
  ports: OAuthPorts,
  of: {
    readonly app: ConnectedApp;
    readonly user: OrgUser;
    readonly wanted: AuthorizationRequest;
    readonly baseUrl: string;
  },
): Promise<string> {
  const { app, user, wanted } = of;
  assertApproved(app, user);
  const grant = await openGrant(ports, ports.pool, { app, user, scopes: wanted.scopes });
  const state: Readonly<Record<string, string>> =
    wanted.state === null ? {} : { state: wanted.state };
  if (wanted.responseType === 'token') return tokenFragment(ports, { ...of, grant, state });
  const code = mintCode();
  await insertCode(ports.pool, {
    codeHash: hashToken(code),
    grantId: grant.id,
    redirectUri: wanted.redirectUri,
    challenge: wanted.challenge,
    nonce: wanted.nonce,
    expiresAt: new Date(ports.clock.now() + CODE_LIFETIME_MS),
  });
  return withParameters(wanted.redirectUri, false, { code, ...state });
}

export function deny(wanted: AuthorizationRequest): string {
  return withParameters(wanted.redirectUri, wanted.responseType === 'token', {
    error: 'access_denied',
    error_description: 'end-user denied authorization',
    ...(wanted.state === null ? {} : { state: wanted.state }),
  });
}

/** Whether the user needs no asking: an administrator has approved the app for him, or he has himself. */
export async function isApproved(
  ports: Pick<OAuthPorts, 'pool'>,
  of: { readonly app: ConnectedApp; readonly user: OrgUser; readonly wanted: AuthorizationRequest },
): Promise<boolean> {
  const { app, user, wanted } = of;
  if (wanted.forceConsent) return false;
  if (isPreApproved(app, user)) return true;
  const approval = await findApproval(ports.pool, {
    clientId: app.clientId,
    userId: user.id,
    scopes: wanted.scopes,
  });
  return approval !== undefined;
}

async function tokenFragment(
  ports: OAuthPorts,
  of: {
    readonly app: ConnectedApp;
    readonly user: OrgUser;
    readonly wanted: AuthorizationRequest;
    readonly baseUrl: string;
    readonly grant: Grant;
    readonly state: Readonly<Record<string, string>>;
  },
): Promise<string> {
  const reply = await issueAccessToken(ports, {
    db: ports.pool,
    app: of.app,
    user: of.user,
    grant: of.grant,
    baseUrl: of.baseUrl,
    clientSecret: undefined,
  });
  const pages = of.wanted.hybrid ? await pageSessions(ports, of.user, of.wanted.scopes) : {};
  return withParameters(of.wanted.redirectUri, true, { ...reply, ...pages, ...of.state });
}

async function answerImmediately(
  ports: OAuthPorts,
  of: {
    readonly app: ConnectedApp;
    readonly wanted: AuthorizationRequest;
    readonly session: ActiveSession | undefined;
    readonly request: Request;
    readonly response: Response;
  },
): Promise<void> {
  const { app, wanted, session, request, response } = of;
  if (session === undefined || !(await isApproved(ports, { app, user: session.user, wanted }))) {
    throw new OAuthError('immediate_unsuccessful', 'immediate unsuccessful');
  }
  response.redirect(
    await approve(ports, { app, user: session.user, wanted, baseUrl: baseUrlOf(request) }),
  );
}

/** The registered callback a request means: the one it names exactly, or the only one when it names none. */
function findCallback(app: ConnectedApp, redirectUri: string | undefined): string | undefined {
  if (redirectUri === undefined)
    return app.callbackUrls.length === 1 ? app.callbackUrls[0] : undefined;
  return app.callbackUrls.find((url) => url === redirectUri);
}

function readRequest(
  app: ConnectedApp,
  redirectUri: string,
  query: Readonly<Record<string, string>>,
): AuthorizationRequest {
  const asked = query['response_type'];
  // Salesforce takes `code` and, for apps with web views, the hybrid kinds of both.
  const hybrid = asked?.startsWith('hybrid_') === true;
  const responseType = asked === 'hybrid_auth_code' ? 'code' : asked?.replace(/^hybrid_/, '');
  if (responseType === undefined)
    throw new OAuthError('invalid_request', 'missing required parameter: response_type');
  if (responseType !== 'code' && responseType !== 'token') {
    throw new OAuthError('unsupported_response_type', 'response type must be code, token');
  }
  const challenge = query['code_challenge'] ?? null;
  // Without a method the standard means `plain`; Salesforce, and its own command line, mean S256.
  if (challenge !== null && (query['code_challenge_method'] ?? 'S256') !== 'S256') {
    throw new OAuthError('invalid_request', 'code challenge method must be S256');
  }
  if (challenge !== null && !/^[A-Za-z0-9_-]{43}$/.test(challenge)) {
    throw new OAuthError('invalid_request', 'invalid code challenge');
  }
  if (
    responseType === 'code' &&
    challenge === null &&
    (app.pkceRequired || app.secretHash === null)
  ) {
    throw new OAuthError('invalid_request', 'missing required code challenge');
  }
  return {
    clientId: app.clientId,
    redirectUri,
    responseType,
    hybrid,
    scopes: [...grantScopes(query['scope'], app.scopes)],
    state: query['state'] ?? null,
    nonce: query['nonce'] ?? null,
    challenge,
    forceConsent: query['prompt']?.includes('consent') === true,
  };
}

function withParameters(
  redirectUri: string,
  inFragment: boolean,
  parameters: Readonly<Record<string, string>>,
): string {
  const added = new URLSearchParams(parameters).toString();
  if (inFragment) return `${redirectUri}#${added}`;
  return `${redirectUri}${redirectUri.includes('?') ? '&' : '?'}${added}`;
}
