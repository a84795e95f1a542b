import type { Platform } from '../../ports.ts';
import { listAddonsOf, listAddonsOfUser, type Addon } from '../../store/addons.ts';
import { isOneself } from '../account/oneself.ts';
import {
  accountEndpoint,
  appEndpoint,
  found,
  listAnswer,
  param,
  type Answer,
  type Call,
} from '../endpoint.ts';
import { addonBody } from './body.ts';

export const addonList = accountEndpoint(
  { method: 'get', path: '/addons' },
  async (platform, call) =>
    answer(platform, call, await listAddonsOfUser(platform.pool, call.user.id)),
);

export const addonListByUser = accountEndpoint(
  { method: 'get', path: '/users/:user/addons' },
  async (platform, call) => {
    const user = found(isOneself(call.user, param(call, 'user')) ? call.user : undefined, 'user');
    return answer(platform, call, await listAddonsOfUser(platform.pool, user.id));
  },
);

export const addonListByApp = appEndpoint(
  { method: 'get', path: '/apps/:app/addons', access: 'view' },
  async (platform, call) => answer(platform, call, await listAddonsOf(platform.pool, call.app.id)),
);

async function answer(platform: Platform, call: Call, addons: readonly Addon[]): Promise<Answer> {
  const bodies = await Promise.all(
    addons.map(async (addon) => ({ addon, body: await addonBody(platform, addon) })),
  );
  return listAnswer(call, bodies, {
    by: { id: ({ addon }) => addon.id, name: ({ addon }) => addon.name },
    body: ({ body }) => body,
  });
}
