import { findRelease } from '../../store/releases.ts';
import { appEndpoint, found, param } from '../endpoint.ts';
import { releaseBody } from './body.ts';

export const releaseInfo = appEndpoint(
  { method: 'get', path: '/apps/:app/releases/:release', access: 'view' },
  async (platform, call) => {
    const release = found(
      await findRelease(platform.pool, call.app.id, param(call, 'release')),
      'release',
    );
    return { body: releaseBody(platform, call.app, release) };
  },
);
