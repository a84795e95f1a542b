import { present } from '../../src/kit/assert.ts';
import type { StoredRecord } from '../store/rows.ts';
import { createDrafts } from './create.ts';
import type { Dml } from './dml.ts';
import type { Draft } from './draft.ts';

/**
 * Creates records the org itself brings about (the document of a file's first version): also read-only fields may be
 * set. A value that is refused is a defect of ours. Resolves to the ids.
 */
export async function createRows(
  dml: Dml,
  objectName: string,
  records: readonly StoredRecord[],
): Promise<readonly string[]> {
  if (records.length === 0) return [];
  const object = present(dml.schema.findObject(objectName), objectName);
  const drafts = records.map((values, index): Draft => ({
    index,
    id: null,
    values: { ...values },
    parents: [],
    error: undefined,
  }));
  await createDrafts(dml, object, drafts);
  return drafts.map(({ id, error }) => {
    if (error !== undefined) throw error;
    return present(id, 'id');
  });
}
