import { createRecords } from './create.ts';
import { runDml, type EngineParts } from './dml.ts';
import type { RecordEngine, WriteContext } from './engine.ts';
import { deleteRecords } from './remove.ts';
import { undeleteRecords } from './undelete.ts';
import { updateMirrored, updateRecords } from './update.ts';
import { upsertRecords } from './upsert.ts';

/** Objects whose records shape the schema: what kinds of records there are, and what amounts are in. */
const SHAPING: ReadonlySet<string> = new Set(['recordtype', 'currencytype']);

/** The engine on the org's database. */
export function createRecordEngine(given: EngineParts): RecordEngine {
  const parts = { ...given, updateRows: updateMirrored };
  const shaping = async <T>(
    context: WriteContext,
    object: string,
    work: Promise<T>,
  ): Promise<T> => {
    const result = await work;
    if (SHAPING.has(object.toLowerCase())) await parts.shapeChanged?.(context.client);
    return result;
  };
  return {
    create: (context, object, records) =>
      shaping(
        context,
        object,
        runDml(parts, context, (dml) => createRecords(dml, object, records)),
      ),
    update: (context, object, records) =>
      shaping(
        context,
        object,
        runDml(parts, context, (dml) => updateRecords(dml, object, records)),
      ),
    upsert: (context, target, records) =>
      shaping(
        context,
        target.object,
        runDml(parts, context, (dml) => upsertRecords(dml, target, records)),
      ),
    delete: (context, ids, { hard = false } = {}) =>
      runDml(parts, context, (dml) => deleteRecords(dml, ids, hard)),
    undelete: (context, ids) => runDml(parts, context, (dml) => undeleteRecords(dml, ids)),
  };
}
