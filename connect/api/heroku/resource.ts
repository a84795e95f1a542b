import type { Request } from 'express';

import { fault } from '../../faults.ts';
import type { Connection } from '../../registry.ts';
import { idParam, type Api } from '../context.ts';

/** The connection of an add-on, by the platform's id of it or by ours. */
export async function findResource(
  { registry }: Pick<Api, 'registry'>,
  id: string,
): Promise<Connection | undefined> {
  return (await registry.connections.findByResource(id)) ?? registry.connections.find(id);
}

export async function resourceFor(api: Api, request: Request): Promise<Connection> {
  const connection = await findResource(api, idParam(request, 'id'));
  if (connection === undefined) {
    throw fault('CONNECTION_NOT_FOUND', 'There is no connection of this add-on.');
  }
  return connection;
}
