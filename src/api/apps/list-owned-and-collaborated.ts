import { listAppsOf } from '../../store/apps.ts';
import { isOneself } from '../account/oneself.ts';
import { accountEndpoint, found, listAnswer, param, time } from '../endpoint.ts';
import { appBody } from './body.ts';

export const appListOwnedAndCollaborated = accountEndpoint(
  { method: 'get', path: '/users/:user/apps' },
  async (platform, call) => {
    const user = found(isOneself(call.user, param(call, 'user')) ? call.user : undefined, 'user');
    return listAnswer(call, await listAppsOf(platform.pool, user.id), {
      by: {
        name: (app) => app.name,
        id: (app) => app.id,
        updated_at: (app) => time(app.updated_at),
      },
      body: (app) => appBody(platform, app, { slugBytes: null, buildpack: null }),
    });
  },
);
