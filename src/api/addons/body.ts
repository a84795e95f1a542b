import type { Platform } from '../../ports.ts';
import type { Addon } from '../../store/addons.ts';
import { openAddonConfig } from '../../store/addons.ts';
import { listAttachmentsOfAddon } from '../../store/attachments.ts';
import { addonServiceIdentity, FREE, planIdentity } from '../addon-services/body.ts';
import { time } from '../endpoint.ts';

/** The add-on as the API shows it. Service, plan and price are always whole: the command line needs them. */
export async function addonBody(
  { pool, box, addresses, catalog }: Platform,
  addon: Addon,
): Promise<Readonly<Record<string, unknown>>> {
  const attachments = await listAttachmentsOfAddon(pool, addon.id);
  const ends = Object.keys(openAddonConfig(box, addon));
  const own = attachments.filter(({ app_id }) => app_id === addon.app_id);
  const humanName = catalog.services
    .flatMap(({ plans }) => plans)
    .find(({ name }) => name === addon.plan)?.humanName;
  return {
    actions: [],
    addon_service: addonServiceIdentity(addon.service),
    app: { id: addon.app_id, name: addon.app_name },
    billed_price: FREE,
    billing_entity: { id: addon.app_id, name: addon.app_name, type: 'app' },
    config_vars: own.flatMap(({ name }) => ends.map((end) => `${name}_${end}`)),
    created_at: time(addon.created_at),
    id: addon.id,
    name: addon.name,
    plan: { ...planIdentity(addon.plan), human_name: humanName ?? addon.plan, price: FREE },
    provider_id: addon.provider_id ?? addon.id,
    provision_message: addon.provision_message ?? addon.failure,
    state: addon.state === 'deprovisioning' ? 'deprovisioned' : addon.state,
    updated_at: time(addon.updated_at),
    web_url:
      addon.service === 'herokuconnect'
        ? `${addresses.api}/connections?app=${encodeURIComponent(addon.app_name)}`
        : null,
  };
}
