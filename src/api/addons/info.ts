import { accountEndpoint, appEndpoint, param } from '../endpoint.ts';
import { addonBody } from './body.ts';
import { authorizeAddon, findAddonsOfApp, foundAddon } from './find.ts';

export const addonInfo = accountEndpoint(
  { method: 'get', path: '/addons/:addon' },
  async (platform, call) => {
    const wanted = { identity: param(call, 'addon'), permission: 'view' } as const;
    const { addon } = await authorizeAddon(platform, call.user, wanted);
    return { body: await addonBody(platform, addon) };
  },
);

export const addonInfoByApp = appEndpoint(
  { method: 'get', path: '/apps/:app/addons/:addon', access: 'view' },
  async (platform, call) => {
    const [addon] = await findAddonsOfApp(platform, call.app, param(call, 'addon'));
    return { body: await addonBody(platform, foundAddon(addon)) };
  },
);
