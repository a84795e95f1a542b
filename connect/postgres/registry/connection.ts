import { z } from 'zod';

import type { Connection, ConnectionTable } from '../../registry.ts';
import { findRow, getRow, manyRows, run, type Sql } from './rows.ts';

const Row = z
  .object({
    id: z.uuid(),
    serial_id: z.int(),
    resource_id: z.uuid(),
    resource_name: z.string(),
    app_id: z.uuid().nullable(),
    app_name: z.string(),
    plan: z.string(),
    region: z.string(),
    db_key: z.string().nullable(),
    schema_name: z.string().nullable(),
    paused: z.boolean(),
    features: z.record(z.string(), z.unknown()),
    created_at: z.date(),
    updated_at: z.date(),
  })
  .transform((row): Connection => ({
    id: row.id,
    serialId: row.serial_id,
    resourceId: row.resource_id,
    resourceName: row.resource_name,
    appId: row.app_id,
    appName: row.app_name,
    plan: row.plan,
    region: row.region,
    dbKey: row.db_key,
    schemaName: row.schema_name,
    paused: row.paused,
    features: row.features,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }));

export function connectionTable(sql: Sql): ConnectionTable {
  const findByResource = (resourceId: string): Promise<Connection | undefined> =>
    findRow(sql, Row, [FIND_BY_RESOURCE, [resourceId]]);
  return {
    async insert({ id, resourceId, resourceName, appId, appName, plan, region }) {
      const made = await findRow(sql, Row, [
        INSERT,
        [id, resourceId, resourceName, appId, appName, plan, region],
      ]);
      if (made !== undefined) return { connection: made, made: true };
      return {
        connection: await getRow(sql, Row, [FIND_BY_RESOURCE, [resourceId]]),
        made: false,
      };
    },
    find: (id) => findRow(sql, Row, [FIND, [id]]),
    findByResource,
    list: () => manyRows(sql, Row, [LIST]),
    listOfApp: (app) => manyRows(sql, Row, [LIST_OF_APP, [app]]),
    change: (id, change) =>
      findRow(sql, Row, [
        CHANGE,
        [
          id,
          change.plan,
          change.appName,
          change.resourceName,
          change.dbKey,
          change.schemaName,
          change.paused,
          change.features === undefined ? undefined : JSON.stringify(change.features),
        ],
      ]),
    delete: (id) => run(sql, [DELETE, [id]]),
  };
}

const COLUMNS = `id, serial_id, resource_id, resource_name, app_id, app_name, plan, region, db_key, schema_name,
       paused, features, created_at, updated_at`;

const INSERT = `/* insertConnection */
insert into connection (id, resource_id, resource_name, app_id, app_name, plan, region)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (resource_id) do nothing
returning ${COLUMNS}`;

const FIND = `/* findConnection */
select ${COLUMNS} from connection where id = $1`;

const FIND_BY_RESOURCE = `/* findConnectionByResource */
select ${COLUMNS} from connection where resource_id = $1`;

const LIST = `/* listConnections */
select ${COLUMNS} from connection order by serial_id`;

const LIST_OF_APP = `/* listConnectionsOfApp */
select ${COLUMNS} from connection where app_name = $1 or app_id::text = $1 order by serial_id`;

const CHANGE = `/* changeConnection */
update connection
   set plan = coalesce($2, plan), app_name = coalesce($3, app_name), resource_name = coalesce($4, resource_name),
       db_key = coalesce($5, db_key), schema_name = coalesce($6, schema_name), paused = coalesce($7, paused),
       features = coalesce($8, features), revision = revision + 1, updated_at = now()
 where id = $1
returning ${COLUMNS}`;

const DELETE = `/* deleteConnection */
delete from connection where id = $1`;
