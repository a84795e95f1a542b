import { z } from 'zod';

import { findPlan } from '../../addons/catalog.ts';
import { requestAddon } from '../../addons/request-addon.ts';
import { fault } from '../../faults.ts';
import { inTransaction } from '../../kit/transaction.ts';
import { ADDON_POLL_MS } from '../../limits.ts';
import type { Platform } from '../../ports.ts';
import { findAddon, type Addon } from '../../store/addons.ts';
import { appEndpoint, parseBody } from '../endpoint.ts';
import { addonBody } from './body.ts';

const NewAddon = z.object({
  plan: z.union([z.string(), z.object({ name: z.string() })]),
  name: z
    .string()
    .regex(
      /^[a-zA-Z][A-Za-z0-9_-]{2,99}$/,
      'letters, digits, dashes and underscores, a letter first',
    )
    .nullish(),
  attachment: z.object({ name: z.string().nullish() }).nullish(),
  config: z.record(z.string(), z.unknown()).nullish(),
  confirm: z.string().nullish(),
});

export const addonCreate = appEndpoint(
  { method: 'post', path: '/apps/:app/addons', access: 'operate' },
  async (platform, call) => {
    const wanted = parseBody(NewAddon, call.body);
    const plan = typeof wanted.plan === 'string' ? wanted.plan : wanted.plan.name;
    if (findPlan(platform.catalog, plan) === undefined) {
      throw fault(
        'NOT_FOUND',
        `Couldn't find either the add-on service or the add-on plan of "${plan}".`,
        {
          details: { resource: 'plan' },
        },
      );
    }
    const addon = await inTransaction(platform.pool, async (client) =>
      requestAddon(client, platform, {
        id: call.newId('addon'),
        app: call.app,
        plan,
        name: wanted.name ?? undefined,
        as: wanted.attachment?.name ?? undefined,
        options: wanted.config ?? undefined,
      }),
    );
    return { status: 201, body: await addonBody(platform, await awaitSettled(platform, addon)) };
  },
);

/** Most add-ons are there in a moment; one that is not is answered as `provisioning`, and the client looks again. */
async function awaitSettled({ pool, clock, addonWaitMs }: Platform, addon: Addon): Promise<Addon> {
  const deadline = clock.now() + addonWaitMs;
  let seen = addon;
  while (seen.state === 'provisioning' && seen.failure === null && clock.now() < deadline) {
    await clock.sleep(ADDON_POLL_MS);
    seen = (await findAddon(pool, addon.id)) ?? seen;
  }
  return seen;
}
