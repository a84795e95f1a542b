import { listDynos } from '../../store/dynos.ts';
import { appEndpoint, listAnswer } from '../endpoint.ts';
import { dynoBody, isShown } from './body.ts';

export const dynoList = appEndpoint(
  { method: 'get', path: '/apps/:app/dynos', access: 'view' },
  async ({ pool }, call) =>
    listAnswer(call, (await listDynos(pool, call.app.id)).filter(isShown), {
      by: { name: (dyno) => dyno.name, id: (dyno) => dyno.id },
      body: (dyno) => dynoBody(call.app, dyno),
    }),
);
