import { fault } from '../../faults.ts';
import { markReprovisioning } from '../../store/addons.ts';
import { accountEndpoint, found, param } from '../endpoint.ts';
import { authorizeDatabase, credentialBody } from './find.ts';

export const credentialList = accountEndpoint(
  { method: 'get', path: '/postgres/v0/databases/:database/credentials' },
  async (platform, call) => {
    const addon = await authorizeDatabase(platform, call, 'configure');
    return { body: [credentialBody(platform, addon)] };
  },
);

export const credentialInfo = accountEndpoint(
  { method: 'get', path: '/postgres/v0/databases/:database/credentials/:credential' },
  async (platform, call) => {
    const addon = await authorizeDatabase(platform, call, 'configure');
    found(param(call, 'credential') === 'default' ? true : undefined, 'credential');
    return { body: credentialBody(platform, addon) };
  },
);

/** Gives the database's role a new password, and every app that has it attached a release with the new URL. */
export const credentialRotate = accountEndpoint(
  {
    method: 'post',
    path: '/postgres/v0/databases/:database/credentials/:credential/credentials_rotation',
  },
  async (platform, call) => {
    const addon = await authorizeDatabase(platform, call, 'operate');
    found(param(call, 'credential') === 'default' ? true : undefined, 'credential');
    if (addon.state !== 'provisioned') {
      throw fault(
        'CONFLICT',
        `${addon.name} is being provisioned. Try again when it is available.`,
      );
    }
    await markReprovisioning(platform.pool, addon.id);
    return { status: 202, body: { message: 'Password reset.' } };
  },
);
