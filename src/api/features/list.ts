import { appEndpoint, found, listAnswer } from '../endpoint.ts';

/** There are no features to switch for an app yet. */
export const appFeatureList = appEndpoint(
  { method: 'get', path: '/apps/:app/features', access: 'view' },
  async (_, call) => listAnswer<never>(call, [], { by: { id: () => '' }, body: (none) => none }),
);

export const appFeatureInfo = appEndpoint(
  { method: 'get', path: '/apps/:app/features/:feature', access: 'view' },
  async () => found<never>(undefined, 'feature'),
);
