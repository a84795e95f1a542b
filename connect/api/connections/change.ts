import { z } from 'zod';

import { fault } from '../../faults.ts';
import type { Connection } from '../../registry.ts';
import { connectionFor } from '../authorize.ts';
import { body, type Api, type Endpoint } from '../context.ts';
import { connectionJson } from '../shapes.ts';

/** A schema of the application's database: never one of PostgreSQL's, and short enough for ours beside it. */
const SchemaName = z
  .string()
  .regex(/^[a-z_][a-z0-9_]{0,49}$/, 'is lower-case letters, digits and _, at most 50')
  .refine((name) => !/^(pg_|information_schema$|landbridge_)/.test(name), 'is reserved');

const Change = z.object({
  db_key: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'is the name of a config var')
    .optional(),
  schema_name: SchemaName.optional(),
  features: z.record(z.string(), z.json()).optional(),
});

/** Chooses the connection's database and schema; also its features. */
export const changeConnection: Endpoint = {
  method: 'patch',
  path: '/api/v3/connections/:id',
  async handle(api, request) {
    const { connection, life } = await connectionFor(api, request);
    const { db_key: dbKey, schema_name: schemaName, features } = body(request, Change);
    const wanted = {
      dbKey: dbKey ?? connection.dbKey,
      schemaName: schemaName ?? connection.schemaName,
    };
    await assertUsable(api, connection, wanted);
    const changed = await api.registry.connections.change(connection.id, {
      ...(dbKey === undefined ? {} : { dbKey }),
      ...(schemaName === undefined ? {} : { schemaName }),
      ...(features === undefined ? {} : { features: { ...connection.features, ...features } }),
    });
    life.restart();
    return { status: 200, body: await connectionJson(api, changed ?? connection, { deep: false }) };
  },
};

async function assertUsable(
  { registry, platform }: Api,
  connection: Connection,
  wanted: Pick<Connection, 'dbKey' | 'schemaName'>,
): Promise<void> {
  const app = connection.appId ?? connection.appName;
  if (wanted.dbKey !== null && wanted.dbKey !== connection.dbKey) {
    await platform.databaseUrl(app, wanted.dbKey);
  }
  const moved = connection.schemaName !== null && wanted.schemaName !== connection.schemaName;
  if (moved && (await registry.mappings.list(connection.id)).length > 0) {
    throw fault(
      'CONNECTION_NOT_READY',
      `The schema ${connection.schemaName} holds the tables of mappings. Delete the mappings, then choose another schema.`,
    );
  }
  const others = await registry.connections.listOfApp(app);
  const taken = others.find(
    ({ id, dbKey, schemaName }) =>
      id !== connection.id &&
      dbKey !== null &&
      dbKey === wanted.dbKey &&
      schemaName === wanted.schemaName,
  );
  if (taken !== undefined) {
    throw fault(
      'CONNECTION_NOT_READY',
      `The connection ${taken.resourceName} uses the schema ${wanted.schemaName} of ${wanted.dbKey} already. Choose another schema.`,
    );
  }
}
