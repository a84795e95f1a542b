import type pg from 'pg';

import type { Org } from '../org.ts';
import type { InputRecord, SaveResult, WriteContext } from '../records/engine.ts';
import { SalesforceError } from '../salesforce-error.ts';
import type { ObjectDef, Schema } from '../schema/schema.ts';
import type { Job } from './job.ts';

/** What an operation does to records. */
export const OPERATIONS = ['insert', 'update', 'upsert', 'delete', 'hardDelete'] as const;

/** A cell with this text empties its field; an empty cell leaves the field alone. */
const NULL_CELL = '#N/A';

export interface BatchWork {
  readonly org: Org;
  readonly job: Job;
  readonly client: pg.PoolClient;
}

/** Rows of cells as records for the engine. */
export function recordsOfRows(
  columns: readonly string[],
  rows: readonly (readonly string[])[],
): readonly InputRecord[] {
  return rows.map((row) => {
    const record: Record<string, string | null> = {};
    columns.forEach((column, at) => {
      const cell = row[at] ?? '';
      if (cell !== '') record[column] = cell === NULL_CELL ? null : cell;
    });
    return record;
  });
}

/** Writes rows; one with more cells than there are columns is refused by itself. One result for each, in their order. */
export async function writeRows(
  work: BatchWork,
  columns: readonly string[],
  rows: readonly (readonly string[])[],
): Promise<readonly SaveResult[]> {
  const fits = (row: readonly string[]): boolean => row.length <= columns.length;
  const written = await writeRecords(work, recordsOfRows(columns, rows.filter(fits)), 'text');
  const results = written.values();
  return rows.map((row) => (fits(row) ? results.next().value : undefined) ?? tooWide(row, columns));
}

function tooWide(row: readonly string[], columns: readonly string[]): SaveResult {
  const message = `the row has ${row.length} values, its file ${columns.length} columns`;
  const error = new SalesforceError('CLIENT_INPUT_ERROR', message);
  return { id: null, success: false, created: false, errors: [error] };
}

/** Runs a job's operation on records, in the caller's transaction. One result for each, in their order. */
export async function writeRecords(
  { org, job, client }: BatchWork,
  records: readonly InputRecord[],
  values: 'text' | 'json',
): Promise<readonly SaveResult[]> {
  const context: WriteContext = {
    session: { userId: job.created_by },
    origin: job.origin,
    allOrNone: false,
    values,
    client,
  };
  switch (job.operation) {
    case 'insert':
      return org.records.create(context, job.object, records);
    case 'update':
      return org.records.update(context, job.object, records);
    case 'upsert':
      return org.records.upsert(
        context,
        { object: job.object, externalIdField: job.external_id_field ?? 'Id' },
        records,
      );
    case 'delete':
    case 'hardDelete':
      return deleteRecords({ org, job, client }, context, records);
    default:
      throw new SalesforceError('INVALIDJOB', `InvalidJob : ${job.operation} writes nothing`);
  }
}

/** Ids of other objects are refused one by one: a job is about one object. */
async function deleteRecords(
  { org, job }: BatchWork,
  context: WriteContext,
  records: readonly InputRecord[],
): Promise<readonly SaveResult[]> {
  const object = org.schema().findObject(job.object);
  const ids = records.map((record) => idOf(record));
  const own = ids.filter((id) => id.startsWith(object?.keyPrefix ?? '~'));
  const results = await org.records.delete(context, own, { hard: job.operation === 'hardDelete' });
  let at = 0;
  return ids.map((id) => {
    if (!id.startsWith(object?.keyPrefix ?? '~')) return refused(id);
    const result = results[at];
    at += 1;
    return result ?? refused(id);
  });
}

function idOf(record: InputRecord): string {
  const entry = Object.entries(record).find(([name]) => name.toLowerCase() === 'id');
  return typeof entry?.[1] === 'string' ? entry[1].trim() : '';
}

function refused(id: string): SaveResult {
  const error =
    id === ''
      ? new SalesforceError('MISSING_ARGUMENT', 'Id not specified in a delete call')
      : new SalesforceError('MALFORMED_ID', `malformed id ${id}`, { fields: ['Id'] });
  return { id: null, success: false, created: false, errors: [error] };
}

/** The columns a file may have: fields, and parents by their keys (`Account.Ext__c`, `Owner:User.Username`). */
export function findUnknownColumn(
  schema: Schema,
  object: ObjectDef,
  columns: readonly string[],
): string | undefined {
  return columns.find((column) => {
    if (schema.findField(object, column) !== undefined) return false;
    const [path = '', key, ...deeper] = column.split('.');
    if (key === undefined || deeper.length > 0) return true;
    const [relationship = '', type] = path.split(':');
    const reference = schema.findReference(object, relationship);
    const parents = (reference?.referenceTo ?? []).filter(
      (name) => type === undefined || name.toLowerCase() === type.toLowerCase(),
    );
    return !parents.some((name) => {
      const parent = schema.findObject(name);
      return parent !== undefined && schema.findField(parent, key) !== undefined;
    });
  });
}

/** `CODE:message:Field,Field --`: an error as one cell of CSV. */
export function errorCell(
  errors: readonly Pick<SalesforceError, 'errorCode' | 'message' | 'fields'>[],
): string {
  return errors
    .map(({ errorCode, message, fields }) => `${errorCode}:${message}:${fields.join(',')} --`)
    .join('');
}
