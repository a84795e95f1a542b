import { randomUUID } from 'node:crypto';

import { z } from 'zod';

import { findRow, getRow, manyRows, run, Time, type Sql } from './sql.ts';

/** How many dynos of a process type should run, and of what size. */
export const Formation = z.object({
  id: z.uuid(),
  app_id: z.uuid(),
  type: z.string(),
  quantity: z.int(),
  size: z.string(),
  created_at: Time,
  updated_at: Time,
});
export type Formation = Readonly<z.infer<typeof Formation>>;

const COLUMNS = 'id, app_id, type, quantity, size, created_at, updated_at';

export async function listFormation(sql: Sql, appId: string): Promise<readonly Formation[]> {
  return manyRows(sql, Formation, [LIST_FORMATION, [appId]]);
}

const LIST_FORMATION = `/* listFormation */
select ${COLUMNS} from formation where app_id = $1 order by type`;

/** A line of the app's formation by its id or its process type. */
export async function findFormation(
  sql: Sql,
  appId: string,
  identity: string,
): Promise<Formation | undefined> {
  return findRow(sql, Formation, [FIND_FORMATION, [appId, identity]]);
}

const FIND_FORMATION = `/* findFormation */
select ${COLUMNS} from formation where app_id = $1 and (id::text = $2 or type = $2)`;

export interface Scale {
  readonly appId: string;
  readonly type: string;
  readonly quantity: number;
  readonly size: string;
}

/** Sets quantity and size of a process type. */
export async function setFormation(sql: Sql, scale: Scale): Promise<Formation> {
  return getRow(sql, Formation, [
    SET_FORMATION,
    [randomUUID(), scale.appId, scale.type, scale.quantity, scale.size],
  ]);
}

const SET_FORMATION = `/* setFormation */
insert into formation (id, app_id, type, quantity, size)
values ($1, $2, $3, $4, $5)
on conflict (app_id, type) do update
   set quantity = excluded.quantity, size = excluded.size, updated_at = now()
returning ${COLUMNS}`;

/** Adds a process type that is not there yet; one that is there stays as it was scaled. */
export async function addFormation(sql: Sql, scale: Scale): Promise<void> {
  await run(sql, ADD_FORMATION, [
    randomUUID(),
    scale.appId,
    scale.type,
    scale.quantity,
    scale.size,
  ]);
}

const ADD_FORMATION = `/* addFormation */
insert into formation (id, app_id, type, quantity, size)
values ($1, $2, $3, $4, $5)
on conflict (app_id, type) do nothing`;

/** Removes the process types that the new slug does not have. */
export async function deleteFormationExcept(
  sql: Sql,
  appId: string,
  types: readonly string[],
): Promise<void> {
  await run(
    sql,
    '/* deleteFormationExcept */ delete from formation where app_id = $1 and type <> all ($2)',
    [appId, types],
  );
}
