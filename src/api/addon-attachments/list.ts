import type { Platform } from '../../ports.ts';
import {
  listAttachmentsOf,
  listAttachmentsOfAddon,
  listAttachmentsOfUser,
  type Attachment,
} from '../../store/attachments.ts';
import { authorizeAddon } from '../addons/find.ts';
import {
  accountEndpoint,
  appEndpoint,
  listAnswer,
  param,
  type Answer,
  type Call,
} from '../endpoint.ts';
import { attachmentBody } from './body.ts';

export const attachmentList = accountEndpoint(
  { method: 'get', path: '/addon-attachments' },
  async (platform, call) =>
    answer(platform, call, await listAttachmentsOfUser(platform.pool, call.user.id)),
);

export const attachmentListByApp = appEndpoint(
  { method: 'get', path: '/apps/:app/addon-attachments', access: 'view' },
  async (platform, call) =>
    answer(platform, call, await listAttachmentsOf(platform.pool, call.app.id)),
);

export const attachmentListByAddon = accountEndpoint(
  { method: 'get', path: '/addons/:addon/addon-attachments' },
  async (platform, call) => {
    const wanted = { identity: param(call, 'addon'), permission: 'view' } as const;
    const { addon } = await authorizeAddon(platform, call.user, wanted);
    return answer(platform, call, await listAttachmentsOfAddon(platform.pool, addon.id));
  },
);

async function answer(
  platform: Platform,
  call: Call,
  attachments: readonly Attachment[],
): Promise<Answer> {
  const bodies = await Promise.all(
    attachments.map(async (attachment) => ({
      attachment,
      body: await attachmentBody(platform, attachment),
    })),
  );
  return listAnswer(call, bodies, {
    by: { id: ({ attachment }) => attachment.id, name: ({ attachment }) => attachment.name },
    body: ({ body }) => body,
  });
}
