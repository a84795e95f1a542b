import { fault } from '../../faults.ts';
import { connectionFor, mappingFor } from '../authorize.ts';
import { idParam, type Endpoint } from '../context.ts';
import { diagnose, diagnoseMapping } from '../diagnose.ts';

/** Begins a diagnosis; the client asks at `result_url` until it is done. */
export const beginValidation: Endpoint = {
  method: 'post',
  path: '/api/v3/connections/:id/validations',
  async handle(api, request) {
    const { connection, life } = await connectionFor(api, request);
    const id = api.diagnoses.begin(connection.id, () => diagnose(life));
    const path = `/api/v3/connections/${connection.id}/validations/${id}`;
    return { status: 202, body: { result_url: `${api.config.publicUrl}${path}` } };
  },
};

export const showValidation: Endpoint = {
  method: 'get',
  path: '/api/v3/connections/:id/validations/:validation',
  async handle(api, request) {
    const { connection } = await connectionFor(api, request);
    const found = api.diagnoses.find(connection.id, idParam(request, 'validation'));
    if (found === undefined) throw fault('NOT_FOUND', 'There is no such diagnosis. Begin another.');
    return found === 'pending' ? { status: 202, body: {} } : { status: 200, body: found };
  },
};

export const validateMapping: Endpoint = {
  method: 'get',
  path: '/api/v3/mappings/:id/validations',
  async handle(api, request) {
    const { life, mapping } = await mappingFor(api, request);
    const planned = life.opened?.plan.planned.find(({ stored }) => stored.id === mapping.id);
    if (planned === undefined) {
      throw fault(
        'CONNECTION_NOT_READY',
        `The connection is ${life.state}, so the mapping of ${mapping.objectName} cannot be looked at.`,
      );
    }
    return { status: 200, body: await diagnoseMapping(life, planned) };
  },
};
