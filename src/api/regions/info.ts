import { accountEndpoint, found, param } from '../endpoint.ts';
import { findRegion, regionBody } from './body.ts';

export const regionInfo = accountEndpoint(
  { method: 'get', path: '/regions/:region' },
  async (_, call) => ({ body: regionBody(found(findRegion(param(call, 'region')), 'region')) }),
);
