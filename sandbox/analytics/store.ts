import type pg from 'pg';
import { z } from 'zod';

import { present } from '../../src/kit/assert.ts';
import {
  insertSystemRecords,
  updateSystemRecords,
  type SystemWrite,
} from '../records/system-records.ts';
import { ReportMetadata } from './report-metadata.ts';

const ReportRow = z.object({
  id: z.string(),
  folder_name: z.string().nullable(),
  developer_name: z.string(),
  deleted: z.boolean(),
  definition: ReportMetadata,
});
export interface StoredReport {
  readonly id: string;
  readonly deleted: boolean;
  readonly metadata: ReportMetadata;
}

/** A report with what it is made of; undefined when there never was one. */
export async function findReport(
  client: pg.Pool | pg.ClientBase,
  id: string,
): Promise<StoredReport | undefined> {
  const { rows } = await client.query(FIND_REPORT, [id]);
  const [row] = z.array(ReportRow).parse(rows);
  if (row === undefined) return undefined;
  return { id: row.id, deleted: row.deleted, metadata: row.definition };
}

const FIND_REPORT = `/* findReport */
select r.id, r.foldername as folder_name, r.developername as developer_name, r.isdeleted as deleted, d.definition
  from org.report r join report_definitions d on d.report_id = r.id
 where r.id = $1`;

export const Folder = z.object({ id: z.string(), name: z.string(), developerName: z.string() });
export type Folder = z.infer<typeof Folder>;
export type FolderType = 'Report' | 'Dashboard';

export async function findFolder(
  client: pg.Pool | pg.ClientBase,
  type: FolderType,
  by: { readonly developerName: string } | { readonly id: string },
): Promise<Folder | undefined> {
  const [key, column] =
    'id' in by ? ([by.id, 'id'] as const) : ([by.developerName, 'developername'] as const);
  const { rows } = await client.query(
    `/* findFolder */ select id, name, developername as "developerName" from org.folder where type = $1 and ${column} = $2 and not isdeleted`,
    [type, key],
  );
  return z.array(Folder).parse(rows)[0];
}

/** Makes a folder, or gives one another name; resolves to it. */
export async function saveFolder(
  write: SystemWrite,
  type: FolderType,
  { developerName, name }: { readonly developerName: string; readonly name: string },
): Promise<Folder> {
  const known = await findFolder(write.client, type, { developerName });
  if (known !== undefined) {
    if (known.name !== name)
      await updateSystemRecords(write, 'Folder', [{ Id: known.id, Name: name }]);
    return { ...known, name };
  }
  const values = { Name: name, DeveloperName: developerName, Type: type, AccessType: 'Public' };
  const [id] = await insertSystemRecords(write, 'Folder', [values]);
  return { id: present(id, 'id'), developerName, name };
}

/** Writes a report's record and definition together; without an id it is a new one. Resolves to its id. */
export async function saveReport(
  write: SystemWrite,
  metadata: ReportMetadata,
  { id: known, folder }: { readonly id: string | undefined; readonly folder: Folder | undefined },
): Promise<string> {
  const record = {
    Name: metadata.name.slice(0, 40),
    Description: metadata.description,
    DeveloperName: metadata.developerName,
    Format: FORMATS[metadata.reportFormat],
    FolderName: folder?.name ?? 'My Personal Custom Reports',
    OwnerId: folder?.id ?? write.userId,
  };
  const id = await saveRecord(write, 'Report', known, record);
  await write.client.query(SAVE_REPORT, [
    id,
    JSON.stringify({ ...metadata, id, folderId: record.OwnerId }),
  ]);
  return id;
}

async function saveRecord(
  write: SystemWrite,
  object: FolderType,
  known: string | undefined,
  record: Readonly<Record<string, string | null>>,
): Promise<string> {
  if (known !== undefined) {
    await updateSystemRecords(write, object, [{ ...record, Id: known }]);
    return known;
  }
  const [id] = await insertSystemRecords(write, object, [record]);
  return present(id, 'id');
}

const FORMATS = {
  TABULAR: 'Tabular',
  SUMMARY: 'Summary',
  MATRIX: 'Matrix',
  MULTI_BLOCK: 'MultiBlock',
} as const;
const SAVE_REPORT = `/* saveReport */
insert into report_definitions (report_id, definition) values ($1, $2)
on conflict (report_id) do update set definition = excluded.definition`;

/** The id of a report or dashboard by its place: `Folder/Name`. */
export async function findByName(
  client: pg.Pool | pg.ClientBase,
  type: FolderType,
  { folderId, developerName }: { readonly folderId: string; readonly developerName: string },
): Promise<string | undefined> {
  const [table, folder] = type === 'Report' ? ['report', 'ownerid'] : ['dashboard', 'folderid'];
  const { rows } = await client.query(
    `/* findByName */ select id from org.${table} where ${folder} = $1 and lower(developername) = lower($2) and not isdeleted`,
    [folderId, developerName],
  );
  return z.array(z.object({ id: z.string() })).parse(rows)[0]?.id;
}

/** Into the recycle bin. */
export async function removeRecord(
  { client, now, userId }: SystemWrite,
  type: FolderType,
  id: string,
): Promise<void> {
  const table = type === 'Report' ? 'report' : 'dashboard';
  await client.query(
    `/* removeAnalytics */ update org.${table} set isdeleted = true, systemmodstamp = date_trunc('second', $2::timestamptz), lastmodifieddate = date_trunc('second', $2::timestamptz), lastmodifiedbyid = $3 where id = $1`,
    [id, now, userId],
  );
}
