import { accountEndpoint, param } from '../endpoint.ts';
import { addonServiceBody } from './body.ts';
import { getService } from './find.ts';

export const addonServiceInfo = accountEndpoint(
  { method: 'get', path: '/addon-services/:service' },
  async (platform, call) => ({
    body: addonServiceBody(getService(platform, param(call, 'service'))),
  }),
);
