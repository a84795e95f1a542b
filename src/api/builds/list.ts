import { listBuilds } from '../../store/builds.ts';
import { appEndpoint, listAnswer, time } from '../endpoint.ts';
import { buildBody } from './body.ts';

export const buildList = appEndpoint(
  { method: 'get', path: '/apps/:app/builds', access: 'view' },
  async (platform, call) =>
    listAnswer(call, await listBuilds(platform.pool, call.app.id), {
      by: { created_at: (build) => time(build.created_at), id: (build) => build.id },
      body: (build) => buildBody(platform, call.app, build),
    }),
);
