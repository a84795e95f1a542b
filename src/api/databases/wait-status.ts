import { accountEndpoint } from '../endpoint.ts';
import { authorizeDatabase } from './find.ts';

export const databaseWaitStatus = accountEndpoint(
  { method: 'get', path: '/client/v11/databases/:database/wait_status' },
  async (platform, call) => {
    const { state, failure } = await authorizeDatabase(platform, call, 'view');
    const waiting = state !== 'provisioned';
    return {
      body: {
        'waiting?': waiting,
        'error?': false,
        message: waiting ? (failure ?? 'provisioning') : 'available',
      },
    };
  },
);
