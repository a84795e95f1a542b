import { accountEndpoint, found, param } from '../endpoint.ts';
import { findStack, stackBody } from './body.ts';

export const stackInfo = accountEndpoint(
  { method: 'get', path: '/stacks/:stack' },
  async (_, call) => ({ body: stackBody(found(findStack(param(call, 'stack')), 'stack')) }),
);
