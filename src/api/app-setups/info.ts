import { getBuild } from '../../store/builds.ts';
import { findSetup } from '../../store/setups.ts';
import { authorizeApp } from '../authorize.ts';
import { accountEndpoint, found, param } from '../endpoint.ts';
import { setupBody } from './body.ts';

export const appSetupInfo = accountEndpoint(
  { method: 'get', path: '/app-setups/:setup' },
  async (platform, call) => {
    const { pool } = platform;
    const setup = found(await findSetup(pool, param(call, 'setup')), 'app setup');
    await authorizeApp(platform, call.user, { app: setup.app_id, permission: 'view' });
    const build = setup.build_id === null ? undefined : await getBuild(pool, setup.build_id);
    return { body: setupBody(platform, setup, build) };
  },
);
