import type { ConnectionLife } from '../../connection-life.ts';
import { fault } from '../../faults.ts';
import { LISTED_MAX, WRITE_ERRORS_WITHIN_MS } from '../../limits.ts';
import { connectionFor, mappingFor } from '../authorize.ts';
import type { Answer, Api, Endpoint } from '../context.ts';

/** What Salesforce refused in the last day, in its own words. */
export const listConnectionErrors: Endpoint = {
  method: 'get',
  path: '/api/v3/connections/:id/errors',
  async handle(api, request) {
    const { life } = await connectionFor(api, request);
    return writeErrors(api, life, null);
  },
};

export const listMappingErrors: Endpoint = {
  method: 'get',
  path: '/api/v3/mappings/:id/errors',
  async handle(api, request) {
    const { life, mapping } = await mappingFor(api, request);
    return writeErrors(api, life, mapping.objectName.toLowerCase());
  },
};

async function writeErrors(
  { clock }: Api,
  life: ConnectionLife,
  table: string | null,
): Promise<Answer> {
  const { opened } = life;
  if (opened === undefined) {
    throw fault(
      'CONNECTION_NOT_READY',
      `The connection is ${life.state}, so its log cannot be read.`,
    );
  }
  const { count, errors } = await opened.database.listWriteErrors({
    table,
    since: new Date(clock.now() - WRITE_ERRORS_WITHIN_MS),
    max: LISTED_MAX,
  });
  return {
    status: 200,
    body: {
      count,
      results: errors.map(({ id, tableName, recordId, message, createdAt }) => ({
        id,
        table_name: tableName,
        record_id: recordId,
        message,
        created_at: createdAt.toISOString(),
      })),
    },
  };
}
