import { z } from 'zod';

import { authorizeApp } from '../authorize.ts';
import { accountEndpoint, parseBody } from '../endpoint.ts';
import { attachmentBody } from './body.ts';
import { authorizeAttachment, findAttachmentOfApp, foundAttachment } from './find.ts';

const Question = z.object({
  addon_attachment: z.string(),
  app: z.string().nullish(),
  addon_service: z.string().nullish(),
});

/** Which attachment somebody means who writes `DATABASE`, `DATABASE_URL` or `app::DATABASE`. */
export const attachmentResolve = accountEndpoint(
  { method: 'post', path: '/actions/addon-attachments/resolve' },
  async (platform, call) => {
    const wanted = parseBody(Question, call.body);
    const [left, right] = wanted.addon_attachment.split('::');
    const name = right ?? wanted.addon_attachment;
    const appName = right === undefined ? wanted.app : left;
    if (appName === undefined || appName === null) {
      const { attachment } = await authorizeAttachment(platform, call.user, {
        id: name,
        permission: 'view',
      });
      return { body: [await attachmentBody(platform, attachment)] };
    }
    const { app } = await authorizeApp(platform, call.user, { app: appName, permission: 'view' });
    const attachment = foundAttachment(await findAttachmentOfApp(platform, app, name));
    if ((wanted.addon_service ?? attachment.addon_service) !== attachment.addon_service) {
      return foundAttachment<never>(undefined);
    }
    return { body: [await attachmentBody(platform, attachment)] };
  },
);
