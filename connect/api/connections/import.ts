import { importMappings } from '../../import-mappings.ts';
import { connectionFor } from '../authorize.ts';
import type { Endpoint } from '../context.ts';

/** Adds or changes the mappings of a file. Refused whole with every fault it has; the answer to a good one is empty. */
export const importConnection: Endpoint = {
  method: 'post',
  path: '/api/v3/connections/:id/actions/import',
  body: 'text',
  async handle(api, request) {
    const { life } = await connectionFor(api, request);
    const text: unknown = request.body;
    await importMappings({ life, registry: api.registry }, typeof text === 'string' ? text : '');
    return { status: 202 };
  },
};
