import { appEndpoint, param } from '../endpoint.ts';
import { ask } from './ask.ts';

export const dynoRestart = appEndpoint(
  { method: 'delete', path: '/apps/:app/dynos/:dyno', access: 'operate' },
  async (platform, call) =>
    ask(platform, call, { asked: 'restart', identity: param(call, 'dyno') }),
);

export const dynoRestartFormation = appEndpoint(
  { method: 'delete', path: '/apps/:app/formations/:type', access: 'operate' },
  async (platform, call) => ask(platform, call, { asked: 'restart', type: param(call, 'type') }),
);

export const dynoRestartAll = appEndpoint(
  { method: 'delete', path: '/apps/:app/dynos', access: 'operate' },
  async (platform, call) => ask(platform, call, { asked: 'restart' }),
);
