import { messageOf } from '../../../src/kit/fault.ts';
import { assertPartner } from '../authorize.ts';
import { idParam, type Endpoint } from '../context.ts';
import { findResource } from './resource.ts';

/**
 * Ends a connection: its loops have stopped, and its tokens are given back, before the answer. The application's tables
 * stay, as Heroku Connect leaves them: they are the application's data.
 */
export const deleteResource: Endpoint = {
  method: 'delete',
  path: '/heroku/resources/:id',
  async handle(api, request) {
    assertPartner(api, request);
    const connection = await findResource(api, idParam(request, 'id'));
    // Asked again, it has been done.
    if (connection === undefined) return { status: 204 };
    await api.connections.remove(connection.id);
    const grant = await api.registry.grants.find(connection.id).catch(() => undefined);
    if (grant !== undefined) {
      try {
        await api.salesforce.oauth.revoke(grant);
      } catch (error) {
        // An org that is away must not keep an add-on alive; what could not be revoked can be in Salesforce's setup.
        api.log.warn(
          { connectionId: connection.id, err: error },
          `tokens could not be revoked: ${messageOf(error)}`,
        );
      }
    }
    await api.registry.connections.delete(connection.id);
    return { status: 204 };
  },
};
