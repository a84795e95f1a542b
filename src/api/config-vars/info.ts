import { appEndpoint } from '../endpoint.ts';
import { readAllConfig } from './read.ts';

export const configVarsInfo = appEndpoint(
  { method: 'get', path: '/apps/:app/config-vars', access: 'configure' },
  async (platform, { app }) => ({ body: await readAllConfig(platform.pool, platform, app.id) }),
);
