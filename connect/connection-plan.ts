import type { Describes, ObjectDescribe } from './core/describe.ts';
import { DEFAULT_TYPE_OPTIONS, type TypeOptions } from './core/field-types.ts';
import {
  judgeMappingFile,
  objectsToDescribe,
  pathText,
  readMappingFile,
} from './core/mapping-file.ts';
import { mappingPlan } from './core/mapping-plan.ts';
import { pollingSeconds, readMappingDocument, type MappingDocument } from './core/mapping.ts';
import type { MappingPlan } from './core/plan.ts';
import { planTable, type TablePlan } from './core/table-plan.ts';
import type { FileReading } from './core/mapping-file.ts';
import type { Connection, StoredMapping } from './registry.ts';

/** A mapping that can run. */
export interface PlannedMapping {
  readonly stored: StoredMapping;
  readonly document: MappingDocument;
  readonly table: TablePlan;
  readonly plan: MappingPlan;
  readonly pollIntervalMs: number;
}

/** A mapping that was good when it was made, and is not now: its object or a field of it is gone from the org. */
interface UnplannedMapping {
  readonly stored: StoredMapping;
  readonly message: string;
}

export interface ConnectionPlan {
  readonly planned: readonly PlannedMapping[];
  readonly unplanned: readonly UnplannedMapping[];
}

type Describe = (objectName: string) => Promise<ObjectDescribe | null>;

/** Asks the org for everything a mapping file speaks of. */
export async function describeAll(reading: FileReading, describe: Describe): Promise<Describes> {
  const describes = new Map<string, ObjectDescribe | null>();
  for (;;) {
    const wanted = objectsToDescribe(reading, describes);
    if (wanted.length === 0) return describes;
    for (const name of wanted) describes.set(name.toLowerCase(), await describe(name));
  }
}

/** What the stored mappings of a connection come to in this org today. */
export async function planConnection(
  connection: Connection,
  mappings: readonly StoredMapping[],
  describe: Describe,
): Promise<ConnectionPlan> {
  const reading = readMappingFile(fileOf(mappings));
  const describes = await describeAll(reading, describe);
  const faults = judgeMappingFile(reading, {
    describes,
    foreignTables: new Set(),
    types: typesOf(connection),
  });
  const good: { stored: StoredMapping; document: MappingDocument; table: TablePlan }[] = [];
  const unplanned: UnplannedMapping[] = [];
  for (const [at, stored] of mappings.entries()) {
    const fault = faults.find(({ path }) => path[0] === 'mappings' && path[1] === at);
    const object = describes.get(stored.objectName.toLowerCase());
    if (fault !== undefined || object === undefined || object === null) {
      const message = fault === undefined ? 'The org does not show this object.' : fault.message;
      const where = fault === undefined ? '' : `${pathText(fault.path.slice(2))}: `;
      unplanned.push({ stored, message: `${where}${message}` });
      continue;
    }
    const document = readMappingDocument(stored.objectName, stored.config);
    const types = typesOf(connection);
    good.push({
      stored,
      document,
      table: planTable({ config: document.config, object, describes, types }),
    });
  }
  const all = good.map(({ table }) => table);
  return {
    unplanned,
    planned: good.map(({ stored, document, table }) => ({
      stored,
      document,
      table,
      pollIntervalMs: pollingSeconds(document.config) * 1_000,
      plan: mappingPlan({
        id: stored.id,
        connection: connection.id,
        schema: connection.schemaName ?? '',
        writes: connection.features['poll_db_no_merge'] === false ? 'merged' : 'ordered',
        plan: table,
        all,
      }),
    })),
  };
}

function fileOf(mappings: readonly Pick<StoredMapping, 'objectName' | 'config'>[]): unknown {
  return {
    version: 1,
    mappings: mappings.map(({ objectName, config }) => ({ object_name: objectName, config })),
  };
}

/** Connections made here are new ones, so picklists are held in 255 characters unless their owner says otherwise. */
export function typesOf({ features }: Pick<Connection, 'features'>): TypeOptions {
  return features['force_picklist_255'] === false ? { picklistLength: 40 } : DEFAULT_TYPE_OPTIONS;
}
