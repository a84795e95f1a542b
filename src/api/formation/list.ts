import { listFormation } from '../../store/formation.ts';
import { appEndpoint, listAnswer } from '../endpoint.ts';
import { formationBody } from './body.ts';
import { readProcessTypes } from './process-types.ts';

export const formationList = appEndpoint(
  { method: 'get', path: '/apps/:app/formation', access: 'view' },
  async ({ pool }, call) => {
    const types = await readProcessTypes(pool, call.app.id);
    return listAnswer(call, await listFormation(pool, call.app.id), {
      by: { type: (line) => line.type, id: (line) => line.id },
      body: (line) => formationBody(call.app, line, types),
    });
  },
);
