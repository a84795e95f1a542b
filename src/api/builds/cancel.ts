import { cancelBuild, findBuild, getBuild } from '../../store/builds.ts';
import { appEndpoint, found, param } from '../endpoint.ts';
import { buildBody } from './body.ts';

/** Calls a build off. The builder that works on it sees so when it next renews its lease. */
export const buildCancel = appEndpoint(
  { method: 'delete', path: '/apps/:app/builds/:build', access: 'operate' },
  async (platform, call) => {
    const { pool } = platform;
    const build = found(await findBuild(pool, call.app.id, param(call, 'build')), 'build');
    await cancelBuild(pool, build.id);
    return { body: buildBody(platform, call.app, await getBuild(pool, build.id)) };
  },
);
