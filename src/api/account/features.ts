import { accountEndpoint, found, listAnswer } from '../endpoint.ts';

/** There are no features to switch for an account. */
export const accountFeatures = accountEndpoint(
  { method: 'get', path: '/account/features' },
  async (_, call) => listAnswer<never>(call, [], { by: { id: () => '' }, body: (none) => none }),
);

/** JSON and not_found, so that `heroku labs` goes on to look at the app's features. */
export const accountFeatureInfo = accountEndpoint(
  { method: 'get', path: '/account/features/:feature' },
  async () => found<never>(undefined, 'feature'),
);
