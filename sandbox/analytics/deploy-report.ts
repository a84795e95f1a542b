import { z } from 'zod';

import type { Component } from '../metadata/components.ts';
import { readXml, rootOf } from '../metadata/envelope.ts';
import type { SystemWrite } from '../records/system-records.ts';
import { SalesforceError } from '../salesforce-error.ts';
import { readReport } from './report-xml.ts';
import {
  findByName,
  findFolder,
  removeRecord,
  saveFolder,
  saveReport,
  type Folder,
  type FolderType,
} from './store.ts';

/** Reports and their folders, deployed as metadata, become records that run. */
export const REPORT_ACTOR = {
  async keep(write: SystemWrite, component: Component): Promise<undefined> {
    if (await keepFolder(write, 'Report', component)) return undefined;
    const { folder, developerName } = await placeOf(write, 'Report', component.fullName);
    const metadata = { ...readReport(component.body.toString('utf8')), developerName };
    const id = await findByName(write.client, 'Report', { folderId: folder.id, developerName });
    await saveReport(write, metadata, { id, folder });
    return undefined;
  },
  drop: (write: SystemWrite, fullName: string): Promise<void> => drop(write, 'Report', fullName),
};

const FolderXml = z.looseObject({ name: z.string() });

/** The file of a folder has the folder's name and no other. */
export async function keepFolder(
  write: SystemWrite,
  type: FolderType,
  { fullName, body }: Component,
): Promise<boolean> {
  if (fullName.includes('/')) return false;
  const text = body.toString('utf8');
  const parsed = FolderXml.safeParse(rootOf(readXml(text), `${type}Folder`));
  if (!parsed.success)
    throw new SalesforceError(
      'INVALID_INPUT',
      `Missing required field: name of folder ${fullName}`,
    );
  await saveFolder(write, type, { developerName: fullName, name: parsed.data.name });
  return true;
}

/** Where a component stands: `Folder/Name`; `unfiled$public` is there without being deployed. */
export async function placeOf(
  write: SystemWrite,
  type: FolderType,
  fullName: string,
): Promise<{ readonly folder: Folder; readonly developerName: string }> {
  const steps = fullName.split('/');
  const developerName = steps.pop() ?? '';
  const name = steps.at(-1) ?? '';
  const folder =
    (await findFolder(write.client, type, { developerName: name })) ??
    (name === UNFILED
      ? await saveFolder(write, type, { developerName: UNFILED, name: 'Unfiled Public Reports' })
      : undefined);
  if (folder === undefined)
    throw new SalesforceError('INVALID_INPUT', `Cannot find folder:${name}`);
  return { folder, developerName };
}

const UNFILED = 'unfiled$public';

export async function drop(write: SystemWrite, type: FolderType, fullName: string): Promise<void> {
  const [name = '', developerName] = [fullName.split('/').at(-2), fullName.split('/').at(-1)];
  const folder = await findFolder(write.client, type, { developerName: name });
  if (folder === undefined || developerName === undefined) return;
  const id = await findByName(write.client, type, { folderId: folder.id, developerName });
  if (id !== undefined) await removeRecord(write, type, id);
}
