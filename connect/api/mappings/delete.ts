import { deleteMapping } from '../../import-mappings.ts';
import { mappingFor } from '../authorize.ts';
import type { Endpoint } from '../context.ts';

/** Takes a mapping away, and its table. */
export const removeMapping: Endpoint = {
  method: 'delete',
  path: '/api/v3/mappings/:id',
  async handle(api, request) {
    const { life, mapping } = await mappingFor(api, request);
    await deleteMapping({ life, registry: api.registry }, mapping);
    return { status: 204 };
  },
};
