import type { AppDatabase } from './app-database.ts';
import type { ConnectionLife, Opened } from './connection-life.ts';
import { describeAll, planConnection, typesOf } from './connection-plan.ts';
import { documentsOf, judgeMappingFile } from './core/mapping-file.ts';
import type { MappingDocument } from './core/mapping.ts';
import { tableNames, type TablePlan } from './core/table-plan.ts';
import { fault } from './faults.ts';
import { IMPORT_TIMEOUT_MS } from './limits.ts';
import { readMappingText, refuseMappingFile } from './mapping-text.ts';
import type { Registry, StoredMapping } from './registry.ts';

export interface Importing {
  readonly life: ConnectionLife;
  readonly registry: Registry;
}

/**
 * Takes a mapping file in: judged whole against the org and the database, and refused with every fault it has, or made
 * whole. Mappings of objects that the file does not name stay as they are.
 *
 * The tables are made in one transaction of the application's database, then the mappings are kept in one of ours. A
 * crash between the two leaves tables that no mapping speaks of; importing again finds them as its own.
 */
export async function importMappings(
  { life, registry }: Importing,
  text: string,
): Promise<readonly StoredMapping[]> {
  return life.exclusively({ kind: 'importing' }, () =>
    life.withOpened(async (opened) => {
      const { connection, database, org } = opened;
      const { reading, place } = readMappingText(text);
      const signal = AbortSignal.timeout(IMPORT_TIMEOUT_MS);
      const describes = await describeAll(reading, (name) => org.describer.describe(name, signal));
      const faults = judgeMappingFile(reading, {
        describes,
        foreignTables: await database.findForeignTables(),
        types: typesOf(connection),
      });
      if (faults.length > 0) throw refuseMappingFile(place(faults));
      const wanted = documentsOf(reading);
      await database.applyMappings(await planMerged(opened, wanted), opened.organizationId);
      return registry.mappings.save(
        connection.id,
        wanted.map(({ objectName, source }) => ({ objectName, config: source })),
      );
    }),
  );
}

/** Reads one mapping's object and configuration as a file of one. */
export async function saveMapping(
  importing: Importing,
  { objectName, config }: { readonly objectName: string; readonly config: unknown },
): Promise<StoredMapping | undefined> {
  const text = JSON.stringify({ version: 1, mappings: [{ object_name: objectName, config }] });
  const [saved] = await importMappings(importing, text);
  return saved;
}

/** Takes a mapping away: its table with it, as Heroku Connect does. */
export async function deleteMapping(
  { life, registry }: Importing,
  mapping: StoredMapping,
): Promise<void> {
  await life.exclusively({ kind: 'importing' }, () =>
    life.withOpened(async ({ database, org, plan }) => {
      const planned = plan.planned.find(({ stored }) => stored.id === mapping.id);
      await dropTable(database, planned?.table, mapping);
      await registry.mappings.delete(mapping.id);
      // Streaming goes on without it if this fails; the PushTopic is then only one of the org's fifty.
      await org
        .forgetStreaming(mapping.objectName, AbortSignal.timeout(IMPORT_TIMEOUT_MS))
        .catch(() => undefined);
    }),
  );
}

/** Reads a mapping's records again from the beginning. */
export async function reloadMapping({ life }: Importing, mapping: StoredMapping): Promise<void> {
  await life.exclusively({ kind: 'starting' }, () =>
    life.withOpened(async ({ database, plan }) => {
      const planned = plan.planned.find(({ stored }) => stored.id === mapping.id);
      if (planned === undefined) {
        throw fault(
          'CONNECTION_NOT_READY',
          `The mapping of ${mapping.objectName} does not fit the org any more. Correct it first.`,
        );
      }
      await database.reload(planned.table.table.name);
    }),
  );
}

async function dropTable(
  database: AppDatabase,
  planned: TablePlan | undefined,
  { objectName }: StoredMapping,
): Promise<void> {
  // A mapping whose object has gone from the org has no plan; its names follow from the object's all the same.
  await database.dropMapping(planned ?? { table: tableNames(objectName) });
}

/** Every table of the connection as it will be: plans speak of each other, a child's of its parent's. */
async function planMerged(
  { connection, org, plan }: Opened,
  wanted: readonly MappingDocument[],
): Promise<readonly TablePlan[]> {
  const signal = AbortSignal.timeout(IMPORT_TIMEOUT_MS);
  const now = new Date(0);
  const incoming = wanted.map(({ objectName, source }, at): StoredMapping => ({
    id: `incoming ${at}`,
    serialId: 0,
    connectionId: connection.id,
    objectName,
    config: source,
    revision: 0,
    createdAt: now,
    updatedAt: now,
    appliedAt: null,
  }));
  const names = new Set(incoming.map(({ objectName }) => objectName.toLowerCase()));
  const kept = plan.planned
    .map(({ stored }) => stored)
    .filter(({ objectName }) => !names.has(objectName.toLowerCase()));
  const merged = await planConnection(connection, [...kept, ...incoming], (name) =>
    org.describer.describe(name, signal),
  );
  return merged.planned.map(({ table }) => table);
}
