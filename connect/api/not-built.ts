import { fault } from '../faults.ts';
import { connectionFor } from './authorize.ts';
import type { Endpoint } from './context.ts';

/** Parts of Heroku Connect that Landbridge does not have yet: each says so, to those who may ask. */
function notBuilt(method: Endpoint['method'], path: string, what: string): Endpoint {
  return {
    method,
    path,
    async handle(api, request) {
      if (path.includes('/connections/:id/')) await connectionFor(api, request);
      throw fault('NOT_BUILT', what);
    },
  };
}

const VERSIONS =
  'Landbridge uses the newest API version that the org and itself know, and changes to a newer one by itself; choosing one is not built.';
const ODATA = 'External objects (OData) are not built.';

export const NOT_BUILT: readonly Endpoint[] = [
  notBuilt('get', '/api/v3/connections/:id/schema-diff', VERSIONS),
  notBuilt('post', '/api/v3/connections/:id/actions/change-sf-api-version', VERSIONS),
  notBuilt('patch', '/api/v3/odata/services/:id', ODATA),
  notBuilt('get', '/odata/v4/*path', ODATA),
];
