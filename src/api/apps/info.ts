import { appEndpoint } from '../endpoint.ts';
import { readAppBody } from './read-body.ts';

export const appInfo = appEndpoint(
  { method: 'get', path: '/apps/:app', access: 'view' },
  async (platform, { app }) => ({ body: await readAppBody(platform, app) }),
);
