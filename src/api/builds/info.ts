import { findBuild } from '../../store/builds.ts';
import { appEndpoint, found, param } from '../endpoint.ts';
import { buildBody } from './body.ts';

export const buildInfo = appEndpoint(
  { method: 'get', path: '/apps/:app/builds/:build', access: 'view' },
  async (platform, call) => {
    const build = found(await findBuild(platform.pool, call.app.id, param(call, 'build')), 'build');
    return { body: buildBody(platform, call.app, build) };
  },
);
