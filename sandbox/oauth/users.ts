import { mayLogInFrom } from '../access/login-ranges.ts';
import { LOCKOUT_MS, PASSWORD_FAILURES_MAX } from './limits.ts';
import { OAuthError } from './oauth-error.ts';
import type { OAuthPorts, OrgUser } from './ports.ts';
import { hashPassword, verifyPassword } from './secrets.ts';
import {
  clearFailures,
  countFailure,
  findCredentials,
  savePasswordHash,
} from './store/credentials.ts';
import type { ConnectedApp } from './store/apps.ts';

type UserPorts = Pick<OAuthPorts, 'pool' | 'directory' | 'clock'>;

/** Compared against when there is no such user, so that the time of an answer does not tell whether there is. */
const NOBODYS_PASSWORD = hashPassword('nobody');

/** The active user with this name and password; undefined for every reason there can be, the reason is not told. */
export async function findUserByPassword(
  { pool, directory, clock }: UserPorts,
  username: string,
  password: string,
): Promise<OrgUser | undefined> {
  const user = await directory.findUserByUsername(username);
  const credentials = user === undefined ? undefined : await findCredentials(pool, user.id);
  if (user === undefined || credentials === undefined) {
    await verifyPassword(password, await NOBODYS_PASSWORD);
    return undefined;
  }
  const now = clock.now();
  if (credentials.lockedUntil !== null && credentials.lockedUntil.getTime() > now) return undefined;
  if (!(await verifyPassword(password, credentials.passwordHash))) {
    await countFailure(pool, user.id, {
      failuresMax: PASSWORD_FAILURES_MAX,
      lockUntil: new Date(now + LOCKOUT_MS),
    });
    return undefined;
  }
  if (credentials.failures > 0) await clearFailures(pool, user.id);
  return user.active ? user : undefined;
}

/** Sets a user's password, unless it is the same already. */
export async function setPassword(
  { pool, directory }: Pick<OAuthPorts, 'pool' | 'directory'>,
  username: string,
  password: string,
): Promise<void> {
  const user = await directory.findUserByUsername(username);
  if (user === undefined) {
    throw new OAuthError('invalid_request', `There is no user ${username}. Create the user first.`);
  }
  const credentials = await findCredentials(pool, user.id);
  if (credentials !== undefined && (await verifyPassword(password, credentials.passwordHash)))
    return;
  await savePasswordHash(pool, user.id, await hashPassword(password));
}

/** @throws OAuthError invalid_grant, when the user's profile does not let him in from the address */
export async function assertAddress(
  { pool }: Pick<OAuthPorts, 'pool'>,
  user: OrgUser,
  address: string,
): Promise<void> {
  if (await mayLogInFrom(pool, user.profileId, address)) return;
  throw new OAuthError('invalid_grant', 'ip restricted');
}

/** @throws OAuthError invalid_app_access, when an administrator has not let the user use the app */
export function assertApproved(app: ConnectedApp, user: OrgUser): void {
  if (!app.adminApprovedOnly || isPreApproved(app, user)) return;
  throw new OAuthError('invalid_app_access', 'user is not admin approved to access this app');
}

export function isPreApproved(app: ConnectedApp, user: OrgUser): boolean {
  return (
    app.approvedProfiles.includes(user.profileId) ||
    app.approvedUsers.some((name) => name.toLowerCase() === user.username.toLowerCase())
  );
}
