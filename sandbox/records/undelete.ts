import { z } from 'zod';

import { quoteName } from '../../src/kit/identifiers.ts';
import { SalesforceError } from '../salesforce-error.ts';
import type { ObjectDef } from '../schema/schema.ts';
import { tableName } from '../store/layout.ts';
import { DELETION_COLUMN } from '../store/tables.ts';
import { restoreReferences } from './cleared-references.ts';
import { sqlState, UNIQUE_VIOLATION, type Dml } from './dml.ts';
import type { SaveResult } from './engine.ts';
import { journalCreated } from './journal-records.ts';
import { findMasters, summarize } from './summaries.ts';
import { lockTargets, readTargets, results, stamps, STAMPED } from './target.ts';

const IdRow = z.object({ id: z.string() });
const DeletionRow = z.object({ key: z.string().nullable() });

/** Brings records back from the recycle bin, with what was deleted along with them. */
export async function undeleteRecords(
  dml: Dml,
  ids: readonly string[],
): Promise<readonly SaveResult[]> {
  const targets = readTargets(dml, ids, 'undeletable');
  await lockTargets(dml, targets, () => false);
  for (const target of targets) {
    if (target.error !== undefined || target.object === undefined) continue;
    const { rows } = await dml.client.query(
      `/* deletionKey */ select ${quoteName(DELETION_COLUMN)} as key from ${tableName(target.object)} where "id" = $1 and "isdeleted"`,
      [target.id],
    );
    const key = z.array(DeletionRow).parse(rows)[0]?.key;
    if (key === undefined || key === null) {
      target.error = new SalesforceError('UNDELETE_FAILED', 'Entity is not in the recycle bin', {
        fields: [],
      });
    } else target.error = await tryUndelete(dml, key);
  }
  return results(targets);
}

/** Another record may have taken a unique value meanwhile: then the record stays in the bin. */
async function tryUndelete(dml: Dml, key: string): Promise<SalesforceError | undefined> {
  await dml.client.query('savepoint undeletion');
  try {
    await undeleteAll(dml, key);
    await dml.client.query('release savepoint undeletion');
    return undefined;
  } catch (error) {
    const refused = error instanceof SalesforceError;
    if (!refused && sqlState(error) !== UNIQUE_VIOLATION) throw error;
    await dml.client.query('rollback to savepoint undeletion; release savepoint undeletion');
    if (refused) return error;
    return new SalesforceError(
      'UNDELETE_FAILED',
      'duplicate value found: another record has taken a unique value of this one',
      { fields: [] },
    );
  }
}

async function undeleteAll(dml: Dml, key: string): Promise<void> {
  const back: { readonly object: ObjectDef; readonly ids: readonly string[] }[] = [];
  for (const object of dml.schema.objects) {
    if (
      object.isView ||
      !object.undeletable ||
      !object.fields.some(({ name }) => name === 'IsDeleted')
    )
      continue;
    const { rows } = await dml.client.query(
      `/* undeleteRows */ update ${tableName(object)} set "isdeleted" = false, ${quoteName(DELETION_COLUMN)} = null${stamps(object)} where ${quoteName(DELETION_COLUMN)} = $1::text and $2::text is null ${STAMPED} returning "id" as id`,
      [key, null, dml.stamp, dml.userId],
    );
    const ids = z
      .array(IdRow)
      .parse(rows)
      .map(({ id }) => id);
    await journalCreated(dml, object, ids, 'UNDELETE');
    if (ids.length > 0) back.push({ object, ids });
  }
  await restoreReferences(dml, key);
  // When all of them are there again, parents and children alike.
  for (const { object, ids } of back) await summarize(dml, await findMasters(dml, object, ids));
}
