import { mayDo, type Permission, type Role } from '../core/permission.ts';
import { fault } from '../faults.ts';
import type { Platform } from '../ports.ts';
import { findApp, type App } from '../store/apps.ts';
import { readRole } from '../store/collaborators.ts';
import { findUserByToken, type User } from '../store/users.ts';
import { found } from './endpoint.ts';

/** The account whose token the Authorization header holds, as Bearer, or as the password of Basic. */
export async function authenticate(
  { pool }: Platform,
  authorization: string | undefined,
): Promise<User> {
  const token = tokenOf(authorization ?? '');
  const user = token === undefined ? undefined : await findUserByToken(pool, token);
  if (user === undefined) throw fault('UNAUTHORIZED', 'Invalid credentials provided.');
  return user;
}

function tokenOf(authorization: string): string | undefined {
  const [scheme = '', value = ''] = authorization.trim().split(/\s+/);
  if (value === '') return undefined;
  if (scheme.toLowerCase() === 'bearer') return value;
  if (scheme.toLowerCase() !== 'basic') return undefined;
  const [, ...password] = Buffer.from(value, 'base64').toString('utf8').split(':');
  return password.length === 0 ? undefined : password.join(':');
}

/**
 * The app of that id or name, for one who may do that there. To a stranger an app that exists looks like one that
 * does not.
 */
export async function authorizeApp(
  { pool }: Platform,
  user: User,
  wanted: { readonly app: string; readonly permission: Permission },
): Promise<{ readonly app: App; readonly role: Role }> {
  const app = found(await findApp(pool, wanted.app), 'app');
  const role = await readRole(pool, app, user);
  if (!mayDo(role, 'view')) return found<never>(undefined, 'app');
  if (!mayDo(role, wanted.permission)) {
    throw fault('FORBIDDEN', `You do not have the permission to do this with ${app.name}.`, {
      details: { app: { name: app.name } },
    });
  }
  return { app, role };
}
