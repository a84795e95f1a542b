import { z } from 'zod';

import type { SalesforceError } from '../salesforce-error.ts';
import type { ObjectDef } from '../schema/schema.ts';
import { tableName } from '../store/layout.ts';
import { asLockError, type Dml } from './dml.ts';

export interface LockedRow {
  readonly deleted: boolean;
}

const Row = z.object({ id: z.string(), deleted: z.boolean() });

/**
 * Locks records until the end of the transaction, in the order of their ids. Those that another transaction holds are
 * waited for one by one, the first for as long as Salesforce waits; who does not get his lock gets UNABLE_TO_LOCK_ROW,
 * and the others are still saved. Unknown ids are not in the answer.
 */
export async function lockRows(
  dml: Dml,
  object: ObjectDef,
  ids: readonly string[],
  strength: 'update' | 'no key update',
): Promise<ReadonlyMap<string, LockedRow | SalesforceError>> {
  const locked = new Map<string, LockedRow | SalesforceError>();
  if (ids.length === 0) return locked;
  const statement = `/* lockRows */ select "id", "isdeleted" as deleted from ${tableName(object)} where "id" = any($1::text[]) order by "id" for ${strength}`;
  for (const { id, deleted } of await select(dml, `${statement} skip locked`, ids))
    locked.set(id, { deleted });
  const others = ids.filter((id) => !locked.has(id)).toSorted();
  let wait = '';
  for (const id of others) {
    await dml.client.query('savepoint row_lock');
    try {
      for (const { deleted } of await select(dml, statement + wait, [id]))
        locked.set(id, { deleted });
    } catch (error) {
      await dml.client.query('rollback to savepoint row_lock');
      const refusal = asLockError(error, [id]);
      if (refusal === undefined) throw error;
      locked.set(id, refusal);
      // The call has waited its time once; two hundred records must not wait two hundred times.
      wait = ' nowait';
    }
    await dml.client.query('release savepoint row_lock');
  }
  return locked;
}

async function select(
  dml: Dml,
  statement: string,
  ids: readonly string[],
): Promise<readonly z.infer<typeof Row>[]> {
  const { rows } = await dml.client.query(statement, [ids]);
  return z.array(Row).parse(rows);
}
