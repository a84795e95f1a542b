import { z } from 'zod';

import { assertPartner } from '../authorize.ts';
import { body, type Endpoint } from '../context.ts';
import { resourceFor } from './resource.ts';

const Change = z.object({ plan: z.string().min(1) });

/** Changes an add-on's plan. */
export const updateResource: Endpoint = {
  method: 'put',
  path: '/heroku/resources/:id',
  async handle(api, request) {
    assertPartner(api, request);
    const { plan } = body(request, Change);
    const connection = await resourceFor(api, request);
    await api.registry.connections.change(connection.id, { plan });
    return { status: 200, body: { id: connection.id, message: `The plan is now ${plan}.` } };
  },
};
