import type { Request } from 'express';

import { Fault } from '../../../src/kit/fault.ts';
import { fault } from '../../faults.ts';
import type { Connection } from '../../registry.ts';
import { appFor } from '../authorize.ts';
import { query, type Api, type Endpoint } from '../context.ts';
import { searchResults } from '../shapes.ts';

/** The connections of an app: where every command of the command line begins. */
export const listConnections: Endpoint = {
  method: 'get',
  path: '/connections',
  async handle(api, request) {
    return { status: 200, body: searchResults(api, await connectionsOf(api, request)) };
  },
};

/** Those of the app that the caller names and may use; of an app that he may not use, none. */
export async function connectionsOf(api: Api, request: Request): Promise<readonly Connection[]> {
  const name = query(request, 'app');
  if (name === undefined) {
    throw fault('BAD_REQUEST', 'The request cannot be used: the parameter app is missing.');
  }
  // Add-on type 2 was Heroku's pilot of streaming events, which has no connections.
  if ((query(request, 'addon_type') ?? '1') !== '1') return [];
  try {
    const app = await appFor(api, request, name);
    const found = await api.registry.connections.listOfApp(app.id);
    const resource = query(request, 'resource_name');
    return resource === undefined
      ? found
      : found.filter(({ resourceName }) => resourceName === resource);
  } catch (error) {
    if (error instanceof Fault && (error.status === 403 || error.status === 404)) return [];
    throw error;
  }
}
