import { z } from 'zod';

import { checkAttachmentName } from '../../addons/request-addon.ts';
import { COLORS } from '../../addons/catalog.ts';
import { fault } from '../../faults.ts';
import { inTransaction } from '../../kit/transaction.ts';
import { lockApp } from '../../store/apps.ts';
import { findAttachment, insertAttachment, listAttachmentsOf } from '../../store/attachments.ts';
import { makeRelease } from '../../store/make-release.ts';
import { authorizeAddon } from '../addons/find.ts';
import { authorizeApp } from '../authorize.ts';
import { accountEndpoint, parseBody } from '../endpoint.ts';
import { attachmentBody } from './body.ts';
import { foundAttachment } from './find.ts';

/** Documented as text; the command line sends an object. */
const Named = z.union([
  z.string(),
  z.object({ name: z.string() }).transform(({ name }) => name),
  z.object({ id: z.string() }).transform(({ id }) => id),
]);

const NewAttachment = z.object({
  addon: Named,
  app: Named,
  name: z.string().nullish(),
  confirm: z.string().nullish(),
  namespace: z.string().nullish(),
});

/** Attaches an add-on to an app. Who does so may change both: the app that owns it and the app that gets it. */
export const attachmentCreate = accountEndpoint(
  { method: 'post', path: '/addon-attachments' },
  async (platform, call) => {
    const { pool, box } = platform;
    const wanted = parseBody(NewAttachment, call.body);
    if (wanted.namespace !== undefined && wanted.namespace !== null) {
      throw fault(
        'NOT_IMPLEMENTED',
        'Landbridge does not offer credentials of an attachment’s own yet.',
      );
    }
    const { addon } = await authorizeAddon(platform, call.user, {
      identity: wanted.addon,
      permission: 'operate',
    });
    const { app } = await authorizeApp(platform, call.user, {
      app: wanted.app,
      permission: 'operate',
    });
    const id = call.newId('attachment');
    await inTransaction(pool, async (client) => {
      await lockApp(client, app.id);
      if ((await findAttachment(client, id)) !== undefined) return;
      const taken = new Set((await listAttachmentsOf(client, app.id)).map(({ name }) => name));
      const base = addon.service.toUpperCase().replaceAll('-', '_');
      const free = COLORS.map((color) => `${base}_${color}`).find((name) => !taken.has(name));
      const name = checkAttachmentName(wanted.name ?? free ?? `${base}_EXTRA`);
      if (!(await insertAttachment(client, { id, addonId: addon.id, appId: app.id, name }))) {
        throw fault(
          'INVALID_PARAMS',
          `${app.name} has an add-on attached as ${name}. Choose another name with --as.`,
        );
      }
      await makeRelease(client, box, {
        appId: app.id,
        userId: call.user.id,
        description: `Attach ${name} (@ref:${addon.name})`,
      });
    });
    const made = foundAttachment(await findAttachment(pool, id));
    return { status: 201, body: await attachmentBody(platform, made) };
  },
);
