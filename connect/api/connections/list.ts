import { connectionsOf } from '../discovery/list-connections.ts';
import { query, type Endpoint } from '../context.ts';
import { connectionJson } from '../shapes.ts';

/** The connections of an app, in full. */
export const listFullConnections: Endpoint = {
  method: 'get',
  path: '/api/v3/connections',
  async handle(api, request) {
    const deep = query(request, 'deep') === 'true';
    const found = await connectionsOf(api, request);
    const results = await Promise.all(
      found.map((connection) => connectionJson(api, connection, { deep })),
    );
    return { status: 200, body: { count: results.length, next: null, previous: null, results } };
  },
};
