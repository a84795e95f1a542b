import { openSession } from '../issue.ts';
import { OAuthError } from '../oauth-error.ts';
import type { OAuthPorts, OrgUser } from '../ports.ts';
import { randomWord } from '../secrets.ts';
import { authorizationCode } from './authorization-code.ts';
import type { Flow } from './flow.ts';
import { refreshToken } from './refresh-token.ts';

/** Kinds of pages that a hybrid app opens in a web view with the session it is given for them. */
const PAGES = ['lightning', 'visualforce', 'content'] as const;

/**
 * The hybrid flows: as the web server flow and its refreshing, and besides a session of the org's pages for each kind
 * of pages that the granted scopes cover, so that an app's web views need no login of their own.
 */
export const hybridCode: Flow = async (ports, request) =>
  withPages(ports, await authorizationCode(ports, request));

export const hybridRefresh: Flow = async (ports, request) =>
  withPages(ports, await refreshToken(ports, request));

async function withPages(
  ports: OAuthPorts,
  reply: Awaited<ReturnType<Flow>>,
): Promise<Readonly<Record<string, unknown>>> {
  const { id, scope } = reply;
  const userId = typeof id === 'string' ? (id.split('/').at(-1) ?? '') : '';
  const user = await ports.directory.findUserById(userId);
  if (user === undefined || typeof scope !== 'string')
    throw new OAuthError('invalid_grant', 'inactive user');
  return { ...reply, ...(await pageSessions(ports, user, scope.split(' '))) };
}

export async function pageSessions(
  ports: OAuthPorts,
  user: OrgUser,
  scopes: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  const sessions: Record<string, string> = {};
  for (const page of PAGES) {
    if (![page, 'web', 'full'].some((scope) => scopes.includes(scope))) continue;
    sessions[`${page}_sid`] = await openSession(ports, ports.pool, {
      kind: 'browser',
      user,
      scopes: ['web'],
    });
  }
  return { ...sessions, sidCookieName: 'sid', csrf_token: randomWord() };
}

/** What needs more than this org has says what it needs. */
export function refused(description: string): Flow {
  return () => Promise.reject(new OAuthError('unsupported_grant_type', description));
}
