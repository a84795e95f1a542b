import { z } from 'zod';

import { listAddonsOfUser } from '../../store/addons.ts';
import { authorizeApp } from '../authorize.ts';
import { accountEndpoint, parseBody } from '../endpoint.ts';
import { addonBody } from './body.ts';
import { findAddonsOfApp, foundAddon } from './find.ts';

const Question = z.object({
  addon: z.string(),
  app: z.string().nullish(),
  addon_service: z.string().nullish(),
});

/** Which add-ons somebody means who writes `DATABASE`, `DATABASE_URL`, a service or a name. */
export const addonResolve = accountEndpoint(
  { method: 'post', path: '/actions/addons/resolve' },
  async (platform, call) => {
    const wanted = parseBody(Question, call.body);
    // `app::DATABASE` names the app within the add-on's name.
    const [left, right] = wanted.addon.split('::');
    const name = right ?? wanted.addon;
    const appName = right === undefined ? wanted.app : left;
    const byName = (await listAddonsOfUser(platform.pool, call.user.id)).filter(
      (addon) => addon.id === name || addon.name === name,
    );
    const matches =
      appName === undefined || appName === null
        ? byName
        : await findAddonsOfApp(
            platform,
            (await authorizeApp(platform, call.user, { app: appName, permission: 'view' })).app,
            name,
          );
    const addons = (matches.length > 0 ? matches : byName).filter(
      ({ service }) => (wanted.addon_service ?? service) === service,
    );
    foundAddon(addons[0]);
    return { body: await Promise.all(addons.map(async (addon) => addonBody(platform, addon))) };
  },
);
