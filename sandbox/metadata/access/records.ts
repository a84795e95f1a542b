import { z } from 'zod';

import {
  insertSystemRecords,
  updateSystemRecords,
  type SystemWrite,
} from '../../records/system-records.ts';
import { SalesforceError } from '../../salesforce-error.ts';
import type { StoredRecord } from '../../store/rows.ts';
import type { Database } from './permission-set.ts';

const IdRow = z.object({ id: z.string() });

export async function findId(db: Database, statement: string, values: readonly unknown[]) {
  const { rows } = await db.query(statement, [...values]);
  return z.array(IdRow).parse(rows)[0]?.id;
}

export function missing(field: string, type: string, name: string): SalesforceError {
  return new SalesforceError(
    'INVALID_CROSS_REFERENCE_KEY',
    `In field: ${field} - no ${type} named ${name} found`,
  );
}

/** Makes or changes a record; resolves to its id. */
export async function save(
  write: SystemWrite,
  object: string,
  known: string | undefined,
  values: StoredRecord,
): Promise<string> {
  if (known === undefined) return (await insertSystemRecords(write, object, [values]))[0] ?? '';
  await updateSystemRecords(write, object, [{ Id: known, ...values }]);
  return known;
}
