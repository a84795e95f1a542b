import { listReleases } from '../../store/releases.ts';
import { appEndpoint, listAnswer } from '../endpoint.ts';
import { releaseBody } from './body.ts';

export const releaseList = appEndpoint(
  { method: 'get', path: '/apps/:app/releases', access: 'view' },
  async (platform, call) =>
    listAnswer(call, await listReleases(platform.pool, call.app.id), {
      by: { version: (release) => release.version, id: (release) => release.id },
      body: (release) => releaseBody(platform, call.app, release),
    }),
);
