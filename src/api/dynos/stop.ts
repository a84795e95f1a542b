import { appEndpoint, param } from '../endpoint.ts';
import { ask } from './ask.ts';

export const dynoStop = appEndpoint(
  { method: 'post', path: '/apps/:app/dynos/:dyno/actions/stop', access: 'operate' },
  async (platform, call) => ask(platform, call, { asked: 'stop', identity: param(call, 'dyno') }),
);

export const dynoStopFormation = appEndpoint(
  { method: 'post', path: '/apps/:app/formations/:type/actions/stop', access: 'operate' },
  async (platform, call) => ask(platform, call, { asked: 'stop', type: param(call, 'type') }),
);
