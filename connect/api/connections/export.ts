import { exportFile } from '../../core/mapping-file.ts';
import { readMappingDocument } from '../../core/mapping.ts';
import { connectionFor } from '../authorize.ts';
import type { Endpoint } from '../context.ts';
import { nameOf } from '../shapes.ts';

/** The connection's mappings as they were imported, word for word. */
export const exportConnection: Endpoint = {
  method: 'get',
  path: '/api/v3/connections/:id/actions/export',
  async handle(api, request) {
    const { connection, life } = await connectionFor(api, request);
    const mappings = await api.registry.mappings.list(connection.id);
    const grant = await api.registry.grants.find(connection.id).catch(() => undefined);
    const file = exportFile(
      mappings.map(({ objectName, config }) => readMappingDocument(objectName, config)),
      {
        app_name: connection.appName,
        organization_id: grant?.organizationId ?? null,
        exported_at: new Date(api.clock.now()).toISOString(),
        features: {
          disable_bulk_writes: connection.features['disable_bulk_writes'] === true,
          poll_db_no_merge: connection.features['poll_db_no_merge'] !== false,
          poll_external_ids: connection.features['poll_external_ids'] === true,
          rest_count_only: connection.features['rest_count_only'] === true,
        },
        api_version: life.opened?.apiVersion ?? null,
        name: nameOf(connection),
        logplex_log_enabled: false,
      },
    );
    return { status: 200, body: file };
  },
};
