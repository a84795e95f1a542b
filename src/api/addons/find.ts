import type { Permission } from '../../core/permission.ts';
import type { Platform } from '../../ports.ts';
import { findAddon, listAddonsOf, type Addon } from '../../store/addons.ts';
import { listAttachmentsOf } from '../../store/attachments.ts';
import type { App } from '../../store/apps.ts';
import type { User } from '../../store/users.ts';
import { authorizeApp } from '../authorize.ts';
import { Fault } from '../../kit/fault.ts';
import { found } from '../endpoint.ts';

/** The add-on of that id, name, or `app::ATTACHMENT`, for one who may do that with the app that owns it. */
export async function authorizeAddon(
  platform: Platform,
  user: User,
  { identity, permission }: { readonly identity: string; readonly permission: Permission },
): Promise<{ readonly addon: Addon; readonly app: App }> {
  const [appName = '', attachment] = identity.split('::');
  if (attachment !== undefined) {
    const wanted = { app: appName, permission: 'view' } as const;
    const { app } = await authorizeApp(platform, user, wanted);
    const [named] = await findAddonsOfApp(platform, app, attachment);
    return authorizeAddon(platform, user, { identity: foundAddon(named).id, permission });
  }
  const addon = foundAddon(await findAddon(platform.pool, identity));
  try {
    const { app } = await authorizeApp(platform, user, { app: addon.app_id, permission });
    return { addon, app };
  } catch (error) {
    if (error instanceof Fault && error.code === 'NOT_FOUND') return foundAddon<never>(undefined);
    throw error;
  }
}

/** An add-on an app owns or has attached: by its id or name, an attachment's name, its config var, or its service. */
export async function findAddonsOfApp(
  { pool }: Platform,
  app: App,
  identity: string,
): Promise<readonly Addon[]> {
  const addons = await listAddonsOf(pool, app.id);
  const named = addons.filter(({ id, name }) => id === identity || name === identity);
  if (named.length > 0) return named;
  const attachments = await listAttachmentsOf(pool, app.id);
  const upper = identity.toUpperCase();
  const attached = attachments.find(({ name }) => name === upper || `${name}_URL` === upper);
  if (attached !== undefined) return addons.filter(({ id }) => id === attached.addon_id);
  return addons.filter(({ service, plan }) => service === identity || plan === identity);
}

export function foundAddon<T>(addon: T | undefined): T {
  return found(addon, 'add-on', 'add_on');
}
