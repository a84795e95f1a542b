import { fault } from '../../faults.ts';
import { inTransaction } from '../../kit/transaction.ts';
import { lockApp } from '../../store/apps.ts';
import { deleteAttachment, listAttachmentsOfAddon } from '../../store/attachments.ts';
import { makeRelease } from '../../store/make-release.ts';
import { accountEndpoint, param } from '../endpoint.ts';
import { attachmentBody } from './body.ts';
import { authorizeAttachment } from './find.ts';

/** Detaches. The last attachment of an add-on stays: without one nobody could find the add-on. */
export const attachmentDestroy = accountEndpoint(
  { method: 'delete', path: '/addon-attachments/:attachment' },
  async (platform, call) => {
    const { pool, box } = platform;
    const wanted = { id: param(call, 'attachment'), permission: 'operate' } as const;
    const { attachment, app } = await authorizeAttachment(platform, call.user, wanted);
    const body = await attachmentBody(platform, attachment);
    await inTransaction(pool, async (client) => {
      await lockApp(client, app.id);
      if ((await listAttachmentsOfAddon(client, attachment.addon_id)).length < 2) {
        throw fault(
          'INVALID_PARAMS',
          `${attachment.name} is the last attachment of ${attachment.addon_name}. Destroy the add-on instead.`,
        );
      }
      await deleteAttachment(client, attachment.id);
      await makeRelease(client, box, {
        appId: app.id,
        userId: call.user.id,
        description: `Detach ${attachment.name} (@ref:${attachment.addon_name})`,
        skipReleasePhase: true,
      });
    });
    return { body };
  },
);
