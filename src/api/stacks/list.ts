import { accountEndpoint, appEndpoint, listAnswer } from '../endpoint.ts';
import { listStacks, stackBody } from './body.ts';

const LISTING = { by: { name: (stack: { readonly name: string }) => stack.name }, body: stackBody };

export const stackList = accountEndpoint({ method: 'get', path: '/stacks' }, async (_, call) =>
  listAnswer(call, listStacks(), LISTING),
);

export const stackListByApp = appEndpoint(
  { method: 'get', path: '/apps/:app/available-stacks', access: 'view' },
  async (_, call) => listAnswer(call, listStacks(), LISTING),
);
