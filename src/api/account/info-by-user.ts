import { accountEndpoint, found, param } from '../endpoint.ts';
import { accountBody } from './body.ts';
import { isOneself } from './oneself.ts';

export const accountInfoByUser = accountEndpoint(
  { method: 'get', path: '/users/:user' },
  async (_, call) => ({
    body: accountBody(
      found(isOneself(call.user, param(call, 'user')) ? call.user : undefined, 'user'),
    ),
  }),
);
