import { listAppsOf } from '../../store/apps.ts';
import { accountEndpoint, listAnswer, time } from '../endpoint.ts';
import { appBody } from './body.ts';

export const appList = accountEndpoint({ method: 'get', path: '/apps' }, async (platform, call) =>
  listAnswer(call, await listAppsOf(platform.pool, call.user.id), {
    by: { name: (app) => app.name, id: (app) => app.id, updated_at: (app) => time(app.updated_at) },
    body: (app) => appBody(platform, app, { slugBytes: null, buildpack: null }),
  }),
);
