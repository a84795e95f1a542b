import type { AddonService, Plan } from '../../addons/catalog.ts';
import type { Platform } from '../../ports.ts';
import { found } from '../endpoint.ts';
import { addonServiceIdentity, planIdentity } from './body.ts';

export function getService({ catalog }: Platform, identity: string): AddonService {
  const service = catalog.services.find(
    ({ name }) => name === identity || addonServiceIdentity(name).id === identity,
  );
  return found(service, 'add-on service', 'addon_service');
}

export function getPlan(
  { catalog }: Platform,
  identity: string,
): { readonly service: AddonService; readonly plan: Plan } {
  const all = catalog.services.flatMap((service) =>
    service.plans.map((plan) => ({ service, plan })),
  );
  return found(
    all.find(({ plan }) => plan.name === identity || planIdentity(plan.name).id === identity),
    'plan',
  );
}
