import { randomUUID } from 'node:crypto';

import { z } from 'zod';

import { fault } from '../../faults.ts';
import { assertPartner } from '../authorize.ts';
import { body, type Endpoint } from '../context.ts';

const Resource = z.object({
  uuid: z.uuid(),
  name: z.string().min(1),
  plan: z.string().min(1),
  region: z.string().default('local'),
  app: z.object({ id: z.uuid().nullish(), name: z.string().min(1) }).optional(),
});

/** Makes a connection for an add-on; asked again for the same add-on it answers the same. */
export const createResource: Endpoint = {
  method: 'post',
  path: '/heroku/resources',
  async handle(api, request) {
    assertPartner(api, request);
    const { uuid, name, plan, region, app } = body(request, Resource);
    if (app === undefined) {
      throw fault('BAD_REQUEST', 'The request cannot be used: app is missing ({id, name}).');
    }
    const { connection, made } = await api.registry.connections.insert({
      id: randomUUID(),
      resourceId: uuid,
      resourceName: name,
      appId: app.id ?? null,
      appName: app.name,
      plan,
      region,
    });
    api.connections.start(connection.id);
    return {
      status: made ? 201 : 200,
      body: {
        id: connection.id,
        message:
          'The connection is there. Choose its database with heroku connect:db:set, then authorize it with heroku connect:sf:auth.',
        config: {
          HEROKUCONNECT_URL: `${api.config.publicUrl}/api/v3/connections/${connection.id}`,
        },
      },
    };
  },
};
