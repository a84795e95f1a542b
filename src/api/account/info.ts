import { accountEndpoint } from '../endpoint.ts';
import { accountBody } from './body.ts';

export const accountInfo = accountEndpoint(
  { method: 'get', path: '/account' },
  async (_, { user }) => ({
    body: accountBody(user),
  }),
);
