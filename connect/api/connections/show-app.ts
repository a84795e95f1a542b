import { appFor } from '../authorize.ts';
import { param, type Endpoint } from '../context.ts';

/** The databases a connection of the app can use. */
export const showApp: Endpoint = {
  method: 'get',
  path: '/api/v3/apps/:app',
  async handle(api, request) {
    const app = await appFor(api, request, param(request, 'app'));
    return {
      status: 200,
      body: { id: app.id, name: app.name, db_keys: await api.platform.databaseKeys(app.id) },
    };
  },
};
