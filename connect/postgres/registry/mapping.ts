import { randomUUID } from 'node:crypto';

import type pg from 'pg';
import { z } from 'zod';

import { inTransaction } from '../../../src/kit/transaction.ts';
import type { MappingTable, StoredMapping } from '../../registry.ts';
import { findRow, getRow, manyRows, run } from './rows.ts';

const Row = z
  .object({
    id: z.uuid(),
    serial_id: z.int(),
    connection_id: z.uuid(),
    object_name: z.string(),
    config: z.record(z.string(), z.json()),
    revision: z.int(),
    created_at: z.date(),
    updated_at: z.date(),
    applied_at: z.date().nullable(),
  })
  .transform((row): StoredMapping => ({
    id: row.id,
    serialId: row.serial_id,
    connectionId: row.connection_id,
    objectName: row.object_name,
    config: row.config,
    revision: row.revision,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    appliedAt: row.applied_at,
  }));

export function mappingTable(pool: pg.Pool): MappingTable {
  return {
    find: (id) => findRow(pool, Row, [FIND, [id]]),
    list: (connectionId) => manyRows(pool, Row, [LIST, [connectionId]]),
    // One transaction: a crash leaves all mappings of a file or none of them.
    save: (connectionId, mappings) =>
      inTransaction(pool, async (client) => {
        const saved: StoredMapping[] = [];
        for (const { objectName, config } of mappings) {
          saved.push(
            await getRow(client, Row, [
              SAVE,
              [randomUUID(), connectionId, objectName, JSON.stringify(config)],
            ]),
          );
        }
        return saved;
      }),
    markApplied: (ids, at) => run(pool, [MARK_APPLIED, [ids, at]]),
    delete: (id) => run(pool, [DELETE, [id]]),
  };
}

const COLUMNS = `id, serial_id, connection_id, object_name, config, revision, created_at, updated_at, applied_at`;

const FIND = `/* findMapping */
select ${COLUMNS} from mapping where id = $1`;

const LIST = `/* listMappings */
select ${COLUMNS} from mapping where connection_id = $1 order by serial_id`;

const SAVE = `/* saveMapping */
insert into mapping as m (id, connection_id, object_name, config)
values ($1, $2, $3, $4)
on conflict (connection_id, lower(object_name)) do update
   set object_name = excluded.object_name, config = excluded.config, updated_at = now(),
       revision = m.revision + (case when m.config::text = excluded.config::text then 0 else 1 end)
returning ${COLUMNS}`;

const MARK_APPLIED = `/* markMappingsApplied */
update mapping set applied_at = $2 where id = any($1::uuid[])`;

const DELETE = `/* deleteMapping */
delete from mapping where id = $1`;
