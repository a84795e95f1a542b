import { mappingFor } from '../authorize.ts';
import type { Endpoint } from '../context.ts';
import { mappingJson } from '../shapes.ts';

export const showMapping: Endpoint = {
  method: 'get',
  path: '/api/v3/mappings/:id',
  async handle(api, request) {
    const { connection, life, mapping } = await mappingFor(api, request);
    return { status: 200, body: await mappingJson(connection, life, mapping) };
  },
};
