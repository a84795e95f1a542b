import { accountEndpoint, appEndpoint, param } from '../endpoint.ts';
import { attachmentBody } from './body.ts';
import { authorizeAttachment, findAttachmentOfApp, foundAttachment } from './find.ts';

export const attachmentInfo = accountEndpoint(
  { method: 'get', path: '/addon-attachments/:attachment' },
  async (platform, call) => {
    const wanted = { id: param(call, 'attachment'), permission: 'view' } as const;
    const { attachment } = await authorizeAttachment(platform, call.user, wanted);
    return { body: await attachmentBody(platform, attachment) };
  },
);

export const attachmentInfoByApp = appEndpoint(
  { method: 'get', path: '/apps/:app/addon-attachments/:attachment', access: 'view' },
  async (platform, call) => {
    const attachment = await findAttachmentOfApp(platform, call.app, param(call, 'attachment'));
    return { body: await attachmentBody(platform, foundAttachment(attachment)) };
  },
);
