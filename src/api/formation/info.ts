import { findFormation } from '../../store/formation.ts';
import { appEndpoint, found, param } from '../endpoint.ts';
import { formationBody } from './body.ts';
import { readProcessTypes } from './process-types.ts';

export const formationInfo = appEndpoint(
  { method: 'get', path: '/apps/:app/formation/:formation', access: 'view' },
  async ({ pool }, call) => {
    const line = found(
      await findFormation(pool, call.app.id, param(call, 'formation')),
      'process type',
      'formation',
    );
    return { body: formationBody(call.app, line, await readProcessTypes(pool, call.app.id)) };
  },
);
