import type { OAuthPorts, OrgUser } from './ports.ts';
import { hashToken } from './secrets.ts';
import { deleteSession, findSession, type StoredSession } from './store/sessions.ts';

/** A living session and its user. */
export interface ActiveSession {
  readonly user: OrgUser;
  readonly session: StoredSession;
  readonly token: string;
}

/** The living session of a token; undefined when it is unknown, expired, revoked, or its user may not log in. */
export async function findActiveSession(
  { pool, directory, clock }: Pick<OAuthPorts, 'pool' | 'directory' | 'clock'>,
  token: string,
): Promise<ActiveSession | undefined> {
  const session = await findSession(pool, hashToken(token), new Date(clock.now()));
  if (session === undefined) return undefined;
  const user = await directory.findUserById(session.userId);
  return user === undefined || !user.active ? undefined : { user, session, token };
}

export async function endSession(
  { pool }: Pick<OAuthPorts, 'pool'>,
  token: string,
): Promise<boolean> {
  return deleteSession(pool, hashToken(token));
}

/** May this session call the data APIs? */
export function coversApi(session: Pick<StoredSession, 'scopes'>): boolean {
  return session.scopes.includes('api') || session.scopes.includes('full');
}
