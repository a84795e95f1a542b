import { fault } from '../../faults.ts';
import { inTransaction } from '../../kit/transaction.ts';
import { markDeprovisioning } from '../../store/addons.ts';
import { deleteAttachmentsOfAddon, listAttachmentsOfAddon } from '../../store/attachments.ts';
import { makeRelease } from '../../store/make-release.ts';
import { appEndpoint, param } from '../endpoint.ts';
import { addonBody } from './body.ts';
import { findAddonsOfApp, foundAddon } from './find.ts';

/**
 * Detaches the add-on everywhere and asks its provider, through the add-on loop, to take it away. The detaching, the
 * releases without its config vars and the wish are one transaction: no app keeps a URL to what is being destroyed.
 */
export const addonDestroy = appEndpoint(
  { method: 'delete', path: '/apps/:app/addons/:addon', access: 'operate' },
  async (platform, call) => {
    const { pool, box } = platform;
    const [match] = await findAddonsOfApp(platform, call.app, param(call, 'addon'));
    const addon = foundAddon(match);
    if (addon.app_id !== call.app.id) {
      throw fault(
        'FORBIDDEN',
        `${addon.name} belongs to ${addon.app_name}. Detach it here, or destroy it there.`,
      );
    }
    const body = await addonBody(platform, addon);
    await inTransaction(pool, async (client) => {
      const attachments = await listAttachmentsOfAddon(client, addon.id);
      await deleteAttachmentsOfAddon(client, addon.id);
      await markDeprovisioning(client, addon.id);
      for (const appId of new Set([call.app.id, ...attachments.map(({ app_id }) => app_id)])) {
        const names = attachments.filter(({ app_id }) => app_id === appId).map(({ name }) => name);
        await makeRelease(client, box, {
          appId,
          userId: call.user.id,
          description: `Detach ${names.join(', ')} (@ref:${addon.name})`,
          skipReleasePhase: true,
        });
      }
    });
    platform.tell(call.app.id, `Destroy ${addon.name} by user ${call.user.email}`);
    return { body: { ...body, state: 'deprovisioned' } };
  },
);
