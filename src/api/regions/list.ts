import { accountEndpoint, listAnswer } from '../endpoint.ts';
import { listRegions, regionBody } from './body.ts';

export const regionList = accountEndpoint({ method: 'get', path: '/regions' }, async (_, call) =>
  listAnswer(call, listRegions(), { by: { name: (region) => region.name }, body: regionBody }),
);
