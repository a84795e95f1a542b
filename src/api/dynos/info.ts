import { findDyno } from '../../store/dynos.ts';
import { appEndpoint, found, param } from '../endpoint.ts';
import { dynoBody } from './body.ts';

export const dynoInfo = appEndpoint(
  { method: 'get', path: '/apps/:app/dynos/:dyno', access: 'view' },
  async ({ pool }, call) => {
    const dyno = found(await findDyno(pool, call.app.id, param(call, 'dyno')), 'dyno');
    return { body: dynoBody(call.app, dyno) };
  },
);
