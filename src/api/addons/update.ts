import { z } from 'zod';

import { findPlan } from '../../addons/catalog.ts';
import { fault } from '../../faults.ts';
import { getAddon, renameAddon, setAddonPlan } from '../../store/addons.ts';
import { appEndpoint, param, parseBody } from '../endpoint.ts';
import { addonBody } from './body.ts';
import { findAddonsOfApp, foundAddon } from './find.ts';

const Change = z.object({
  plan: z.union([z.string(), z.object({ name: z.string() })]).optional(),
  name: z
    .string()
    .regex(
      /^[a-zA-Z][A-Za-z0-9_-]{2,99}$/,
      'letters, digits, dashes and underscores, a letter first',
    )
    .optional(),
});

/** Changes an add-on's plan or name. The provider hears of the plan first; it may refuse. */
export const addonUpdate = appEndpoint(
  { method: 'patch', path: '/apps/:app/addons/:addon', access: 'operate' },
  async (platform, call) => {
    const { pool, catalog } = platform;
    const change = parseBody(Change, call.body);
    const [match] = await findAddonsOfApp(platform, call.app, param(call, 'addon'));
    const addon = foundAddon(match);
    if (change.plan !== undefined) {
      const name = typeof change.plan === 'string' ? change.plan : change.plan.name;
      const plan = findPlan(catalog, name.includes(':') ? name : `${addon.service}:${name}`);
      if (plan === undefined || plan.service.name !== addon.service) {
        throw fault(
          'INVALID_PARAMS',
          `${addon.name} cannot have the plan ${name}. See GET /addon-services/${addon.service}/plans.`,
        );
      }
      await platform.changePlan(addon, plan.plan.name);
      await setAddonPlan(pool, addon.id, plan.plan.name);
    }
    if (change.name !== undefined && !(await renameAddon(pool, addon.id, change.name))) {
      throw fault('INVALID_PARAMS', `Name ${change.name} is already taken. Choose another one.`);
    }
    return { body: await addonBody(platform, await getAddon(pool, addon.id)) };
  },
);
