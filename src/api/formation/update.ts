import { appEndpoint, param, parseBody } from '../endpoint.ts';
import { formationBody } from './body.ts';
import { readProcessTypes } from './process-types.ts';
import { scale, Scaling } from './scale.ts';

export const formationUpdate = appEndpoint(
  { method: 'patch', path: '/apps/:app/formation/:formation', access: 'operate' },
  async (platform, call) => {
    const { app, user } = call;
    const wanted = { ...parseBody(Scaling, call.body), type: param(call, 'formation') };
    const types = await readProcessTypes(platform.pool, app.id);
    const [line] = await scale(platform, { app, user, updates: [wanted] });
    return { body: line === undefined ? null : formationBody(app, line, types) };
  },
);
