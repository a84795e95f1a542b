import type { Permission } from '../../core/permission.ts';
import { Fault } from '../../kit/fault.ts';
import type { Platform } from '../../ports.ts';
import type { App } from '../../store/apps.ts';
import { findAttachment, listAttachmentsOf, type Attachment } from '../../store/attachments.ts';
import type { User } from '../../store/users.ts';
import { authorizeApp } from '../authorize.ts';
import { found } from '../endpoint.ts';

/** The attachment of that id, for one who may do that with the app it is attached to. */
export async function authorizeAttachment(
  platform: Platform,
  user: User,
  { id, permission }: { readonly id: string; readonly permission: Permission },
): Promise<{ readonly attachment: Attachment; readonly app: App }> {
  const attachment = foundAttachment(await findAttachment(platform.pool, id));
  try {
    const { app } = await authorizeApp(platform, user, { app: attachment.app_id, permission });
    return { attachment, app };
  } catch (error) {
    if (error instanceof Fault && error.code === 'NOT_FOUND')
      return foundAttachment<never>(undefined);
    throw error;
  }
}

/** An app's attachment by its id, its name or its config var, or by the name of its add-on. */
export async function findAttachmentOfApp(
  { pool }: Platform,
  app: App,
  identity: string,
): Promise<Attachment | undefined> {
  const all = await listAttachmentsOf(pool, app.id);
  const upper = identity.toUpperCase();
  return (
    all.find(({ id, name }) => id === identity || name === upper || `${name}_URL` === upper) ??
    all.find(({ addon_id, addon_name }) => addon_name === identity || addon_id === identity)
  );
}

export function foundAttachment<T>(attachment: T | undefined): T {
  return found(attachment, 'add-on attachment', 'add_on attachment');
}
