import type { Request } from 'express';

import { appFor, bearerOf } from '../authorize.ts';
import { param, type Answer, type Api, type Endpoint } from '../context.ts';
import { searchResults } from '../shapes.ts';

/** Heroku Connect made its own account for the caller here. We ask the platform each time instead, so there is nothing to make. */
async function linkApp(api: Api, request: Request): Promise<Answer> {
  const authorization = bearerOf(request);
  const app = await appFor(api, request, param(request, 'app'));
  const account = await api.platform.account(authorization);
  const { results, regions, cells } = searchResults(
    api,
    await api.registry.connections.listOfApp(app.id),
  );
  return {
    status: 200,
    body: { user: { id: account.id, email: account.email }, connections: results, regions, cells },
  };
}

export const linkAppByDiscovery: Endpoint = {
  method: 'post',
  path: '/auth/:app',
  handle: linkApp,
};

export const linkAppByRegion: Endpoint = {
  method: 'post',
  path: '/api/v3/users/me/apps/:app/auth',
  handle: linkApp,
};
