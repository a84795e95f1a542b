import { reloadMapping } from '../../import-mappings.ts';
import { mappingFor } from '../authorize.ts';
import type { Endpoint } from '../context.ts';

/** Reads all records again, in place: rows keep their ids, and changes that wait to be sent stay. */
export const reload: Endpoint = {
  method: 'post',
  path: '/api/v3/mappings/:id/actions/reload',
  async handle(api, request) {
    const { life, mapping } = await mappingFor(api, request);
    await reloadMapping({ life, registry: api.registry }, mapping);
    return { status: 202 };
  },
};
