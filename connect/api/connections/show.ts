import { connectionFor } from '../authorize.ts';
import { query, type Endpoint } from '../context.ts';
import { connectionJson } from '../shapes.ts';

export const showConnection: Endpoint = {
  method: 'get',
  path: '/api/v3/connections/:id',
  async handle(api, request) {
    const { connection } = await connectionFor(api, request);
    const deep = query(request, 'deep') === 'true';
    return { status: 200, body: await connectionJson(api, connection, { deep }) };
  },
};
