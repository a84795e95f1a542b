import { accountEndpoint, listAnswer } from '../endpoint.ts';
import { addonServiceBody } from './body.ts';
import type { AddonService } from '../../addons/catalog.ts';

const LISTING = { by: { name: (service: AddonService) => service.name }, body: addonServiceBody };

export const addonServiceList = accountEndpoint(
  { method: 'get', path: '/addon-services' },
  async ({ catalog }, call) => listAnswer(call, catalog.services, LISTING),
);
