import { z } from 'zod';

import { present } from '../../../src/kit/assert.ts';
import { saveMapping } from '../../import-mappings.ts';
import { connectionFor } from '../authorize.ts';
import { body, type Endpoint } from '../context.ts';
import { mappingJson } from '../shapes.ts';

const Wanted = z.object({ object_name: z.string().min(1), config: z.record(z.string(), z.json()) });

/** Makes one mapping, as an import of a file with it alone would. */
export const createMapping: Endpoint = {
  method: 'post',
  path: '/api/v3/connections/:id/mappings',
  async handle(api, request) {
    const { connection, life } = await connectionFor(api, request);
    const { object_name: objectName, config } = body(request, Wanted);
    const saved = await saveMapping({ life, registry: api.registry }, { objectName, config });
    return {
      status: 201,
      body: await mappingJson(connection, life, present(saved, 'the saved mapping')),
    };
  },
};
