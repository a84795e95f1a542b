import { openConfig } from '../../store/config-vars.ts';
import { findRelease, readReleaseConfig } from '../../store/releases.ts';
import { appEndpoint, found, param } from '../endpoint.ts';

export const configVarsInfoForRelease = appEndpoint(
  { method: 'get', path: '/apps/:app/releases/:release/config-vars', access: 'configure' },
  async ({ pool, box }, call) => {
    const release = found(await findRelease(pool, call.app.id, param(call, 'release')), 'release');
    const sealed = await readReleaseConfig(pool, release.id);
    return { body: openConfig(box, call.app.id, sealed) };
  },
);
