import { backoffMs } from '../kit/backoff.ts';
import { Fault, messageOf } from '../kit/fault.ts';
import { Loop } from '../kit/loop.ts';
import { inTransaction } from '../kit/transaction.ts';
import { PROVIDER_BACKOFF, WORK_BACKOFF, WORK_POLL_MS } from '../limits.ts';
import type { Platform } from '../ports.ts';
import {
  countAddonsOwnedBy,
  deleteAddon,
  listUnsettledAddons,
  noteAddonFailure,
  sealAddonConfig,
  settleProvisioned,
  type Addon,
} from '../store/addons.ts';
import { deleteApp, getApp, listAppsToDestroy } from '../store/apps.ts';
import { listAttachmentsOfAddon } from '../store/attachments.ts';
import { listDynos } from '../store/dynos.ts';
import { makeRelease } from '../store/make-release.ts';
import type { AddonProvider, Given } from './provider.ts';

/**
 * Brings every add-on to the state that its row asks for, and takes away the apps whose end was asked for once their
 * dynos and add-ons are gone.
 *
 * The row was committed before any provider is called, and is settled after; a crash between the two makes the next
 * turn call the provider again with the same id, and providers are idempotent by it. So nothing is provisioned that no
 * row knows, and nothing that a row knows is forgotten.
 */
export function addonLoop(platform: Platform, providers: readonly AddonProvider[]): Loop {
  return new Loop({
    name: 'add-ons',
    clock: platform.clock,
    log: platform.log,
    backoff: WORK_BACKOFF,
    turn: async (signal) => {
      for (const addon of await listUnsettledAddons(platform.pool)) {
        if (signal.aborted) return 0;
        await settle(platform, { addon, providers, signal });
      }
      await finishDestroyedApps(platform);
      return WORK_POLL_MS;
    },
  });
}

interface Settling {
  readonly addon: Addon;
  readonly providers: readonly AddonProvider[];
  readonly signal: AbortSignal;
}

async function settle(platform: Platform, { addon, providers, signal }: Settling): Promise<void> {
  const provider = providers.find(({ service }) => service === addon.service);
  try {
    if (provider === undefined) throw new TypeError(`no provider of ${addon.service}`);
    if (addon.state === 'deprovisioning') {
      await provider.deprovision(addon, signal);
      await deleteAddon(platform.pool, addon.id);
      platform.log.info({ addonId: addon.id, service: addon.service }, 'add-on deprovisioned');
      return;
    }
    const given = await provider.provision(addon, signal);
    if (given === undefined) {
      await noteFailure(platform, addon, 'The provider is still at work.');
      return;
    }
    await recordProvisioned(platform, addon, given);
  } catch (error) {
    if (signal.aborted) return;
    if (
      error instanceof Fault &&
      error.code === 'PROVIDER_REFUSED' &&
      addon.state === 'provisioning'
    ) {
      // No is an answer: the wish is taken back, as Heroku does.
      await deleteAddon(platform.pool, addon.id);
      platform.tell(addon.app_id, `${addon.service} refused ${addon.name}: ${error.message}`);
      return;
    }
    // The failure of one provider is no failure of the loop: the row remembers it, and the others go on.
    await noteFailure(platform, addon, messageOf(error));
    const fields = { addonId: addon.id, service: addon.service, state: addon.state };
    if (error instanceof Fault && error.retry) platform.log.warn(fields, messageOf(error));
    else platform.log.error({ ...fields, err: error }, 'add-on could not be settled');
  }
}

async function noteFailure({ pool }: Platform, addon: Addon, message: string): Promise<void> {
  const delayMs = backoffMs(addon.attempts + 1, PROVIDER_BACKOFF);
  await noteAddonFailure(pool, addon.id, { message, delayMs });
}

/**
 * The add-on's values and the releases that have them are committed together: there is no moment in which an add-on is
 * provisioned and a new dyno would not know its config vars. An add-on that had values before got new ones (its
 * password was rotated): then every app it is attached to gets a release.
 */
export async function recordProvisioned(
  platform: Platform,
  addon: Addon,
  given: Given,
): Promise<void> {
  const { pool, box } = platform;
  const renewed = addon.config_sealed !== null;
  const recorded = await inTransaction(pool, async (client) => {
    const settled = await settleProvisioned(client, addon.id, {
      providerId: given.providerId,
      message: given.message,
      configSealed: sealAddonConfig(box, addon.id, given.config),
    });
    if (!settled) return false;
    const attachments = await listAttachmentsOfAddon(client, addon.id);
    for (const appId of new Set(attachments.map(({ app_id }) => app_id))) {
      const app = await getApp(client, appId);
      const names = attachments.filter(({ app_id }) => app_id === appId).map(({ name }) => name);
      await makeRelease(client, box, {
        appId,
        userId: app.owner_id,
        description: `${renewed ? 'Update' : 'Attach'} ${names.join(', ')} (@ref:${addon.name})`,
        skipReleasePhase: renewed,
      });
    }
    return true;
  });
  if (recorded) {
    platform.tell(addon.app_id, `${renewed ? 'Update' : 'Attach'} ${addon.name}`);
    platform.log.info({ addonId: addon.id, service: addon.service }, 'add-on provisioned');
  }
}

async function finishDestroyedApps({ pool, log }: Platform): Promise<void> {
  for (const app of await listAppsToDestroy(pool)) {
    const busy =
      (await listDynos(pool, app.id)).length > 0 || (await countAddonsOwnedBy(pool, app.id)) > 0;
    if (busy) continue;
    await deleteApp(pool, app.id);
    log.info({ appId: app.id }, 'app destroyed');
  }
}
