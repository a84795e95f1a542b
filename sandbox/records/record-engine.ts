import { createRecords } from './create.ts';
import { runDml, type EngineParts } from './dml.ts';
import type { RecordEngine } from './engine.ts';
import { deleteRecords } from './remove.ts';
import { undeleteRecords } from './undelete.ts';
import { updateRecords } from './update.ts';
import { upsertRecords } from './upsert.ts';

/** The engine on the org's database. */
export function createRecordEngine(parts: EngineParts): RecordEngine {
  return {
    create: (context, object, records) =>
      runDml(parts, context, (dml) => createRecords(dml, object, records)),
    update: (context, object, records) =>
      runDml(parts, context, (dml) => updateRecords(dml, object, records)),
    upsert: (context, target, records) =>
      runDml(parts, context, (dml) => upsertRecords(dml, target, records)),
    delete: (context, ids, { hard = false } = {}) =>
      runDml(parts, context, (dml) => deleteRecords(dml, ids, hard)),
    undelete: (context, ids) => runDml(parts, context, (dml) => undeleteRecords(dml, ids)),
  };
}
