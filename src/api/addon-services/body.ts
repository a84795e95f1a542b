import type { AddonService, Plan } from '../../addons/catalog.ts';
import { stableId } from '../../store/stable-id.ts';

const SINCE = '2026-01-01T00:00:00Z';

/** What is installed on one's own machine costs nothing. */
export const FREE = { cents: 0, contract: false, metered: false, unit: 'month' } as const;

export function addonServiceIdentity(name: string): { readonly id: string; readonly name: string } {
  return { id: stableId('addon-service', name), name };
}

export function planIdentity(name: string): { readonly id: string; readonly name: string } {
  return { id: stableId('plan', name), name };
}

export function addonServiceBody(service: AddonService): Readonly<Record<string, unknown>> {
  return {
    ...addonServiceIdentity(service.name),
    cli_plugin_name: service.name === 'herokuconnect' ? 'connect' : null,
    created_at: SINCE,
    human_name: service.humanName,
    state: 'ga',
    supports_multiple_installations: true,
    supports_sharing: true,
    supported_generations: [{ id: stableId('stack', 'cedar'), name: 'cedar' }],
    updated_at: SINCE,
  };
}

export function planBody(service: AddonService, plan: Plan): Readonly<Record<string, unknown>> {
  return {
    ...planIdentity(plan.name),
    addon_service: addonServiceIdentity(service.name),
    compliance: null,
    created_at: SINCE,
    default: plan.isDefault,
    description: plan.description,
    human_name: plan.humanName,
    installable_inside_private_network: false,
    installable_outside_private_network: true,
    price: FREE,
    space_default: false,
    state: 'ga',
    updated_at: SINCE,
    visible: true,
  };
}
