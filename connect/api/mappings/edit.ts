import { z } from 'zod';

import { present } from '../../../src/kit/assert.ts';
import { fault } from '../../faults.ts';
import { saveMapping } from '../../import-mappings.ts';
import { mappingFor } from '../authorize.ts';
import { body, type Endpoint } from '../context.ts';
import { mappingJson } from '../shapes.ts';

const Wanted = z.object({
  object_name: z.string().min(1).optional(),
  config: z.record(z.string(), z.json()),
});

/** Changes a mapping. The caller shows by `config.revision` which one he has read; a later edit is not overwritten. */
export const editMapping: Endpoint = {
  method: 'put',
  path: '/api/v3/mappings/:id',
  async handle(api, request) {
    const { connection, life, mapping } = await mappingFor(api, request);
    const wanted = body(request, Wanted);
    const { revision, applied_at: _appliedAt, ...config } = wanted.config;
    if (revision !== undefined && revision !== mapping.revision) {
      throw fault(
        'REVISION_CONFLICT',
        `The mapping of ${mapping.objectName} is at revision ${mapping.revision}, the edit was made of revision ${JSON.stringify(revision)}. Read it again.`,
      );
    }
    const objectName = wanted.object_name ?? mapping.objectName;
    if (objectName.toLowerCase() !== mapping.objectName.toLowerCase()) {
      throw fault('BAD_REQUEST', 'A mapping keeps its object. Make another mapping instead.');
    }
    const saved = await saveMapping({ life, registry: api.registry }, { objectName, config });
    return {
      status: 200,
      body: await mappingJson(connection, life, present(saved, 'the saved mapping')),
    };
  },
};
