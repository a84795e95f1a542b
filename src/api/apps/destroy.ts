import { inTransaction } from '../../kit/transaction.ts';
import type { Platform } from '../../ports.ts';
import { markAddonsOfAppDeprovisioning } from '../../store/addons.ts';
import { markAppDestroying, type App } from '../../store/apps.ts';
import { deleteAttachment, listAttachmentsElsewhere } from '../../store/attachments.ts';
import { makeRelease } from '../../store/make-release.ts';
import type { Sql } from '../../store/sql.ts';
import type { User } from '../../store/users.ts';
import { appEndpoint } from '../endpoint.ts';
import { readAppBody } from './read-body.ts';

/**
 * Asks for the end of the app and, in the same transaction, of the add-ons it owns: after a crash right here both are
 * asked for or neither. The dynos stop and the providers are told by the loops that do such work; the name is free at once.
 */
export const appDestroy = appEndpoint(
  { method: 'delete', path: '/apps/:app', access: 'own' },
  async (platform, { app, user }) => {
    const body = await readAppBody(platform, app);
    await inTransaction(platform.pool, async (client) => {
      await detachElsewhere(client, platform, { app, user });
      await markAppDestroying(client, app.id);
      await markAddonsOfAppDeprovisioning(client, app.id);
    });
    return { body };
  },
);

/** Other apps that have this one's add-ons get releases without them: no app keeps a URL to what is being destroyed. */
async function detachElsewhere(
  sql: Sql,
  { box }: Platform,
  { app, user }: { readonly app: App; readonly user: User },
): Promise<void> {
  for (const { id, name, addon_name, app_id } of await listAttachmentsElsewhere(sql, app.id)) {
    await deleteAttachment(sql, id);
    await makeRelease(sql, box, {
      appId: app_id,
      userId: user.id,
      description: `Detach ${name} (@ref:${addon_name})`,
      skipReleasePhase: true,
    });
  }
}
