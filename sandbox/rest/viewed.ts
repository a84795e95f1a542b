import type { IncomingHttpHeaders } from 'node:http';

import type { Org } from '../org.ts';
import type { ObjectDef } from '../schema/schema.ts';
import { columnName, storedTable } from '../store/layout.ts';

/**
 * Notes that records were looked at (`FOR VIEW`, `Sforce-Mru`) or referred to (`FOR REFERENCE`): `recent` and
 * LastViewedDate tell of it. A note is no change of the record, so its stamps stay as they are and no event tells of it.
 */
export async function markViewed(
  org: Pick<Org, 'pool' | 'clock' | 'whole'>,
  object: ObjectDef,
  { ids, names }: { readonly ids: readonly string[]; readonly names: readonly ViewedField[] },
): Promise<void> {
  const stored = org.whole.schema().findObject(object.name);
  const columns = (stored?.fields ?? []).flatMap((field) =>
    names.some((name) => name === field.name) ? [columnName(field)] : [],
  );
  if (stored === undefined || columns.length === 0 || ids.length === 0) return;
  await org.pool.query(
    `/* markViewed */ update ${storedTable(stored)} set ${columns.map((column) => `${column} = $2`).join(', ')} where "id" = any($1)`,
    [ids, new Date(Math.floor(org.clock.now() / 1_000) * 1_000)],
  );
}

export type ViewedField = 'LastViewedDate' | 'LastReferencedDate';

/** What is viewed is referred to as well. */
export const VIEWED: readonly ViewedField[] = ['LastViewedDate', 'LastReferencedDate'];

/** `Sforce-Mru: updateMru=true` */
export function wantsMru({ 'sforce-mru': header }: IncomingHttpHeaders): boolean {
  return typeof header === 'string' && /updateMru\s*=\s*true/i.test(header);
}

const OWN_ID = /^\{"attributes":\{"type":"\w+","url":"[^"]*\/(\w{18})"\}/;

/** The ids of records as a query answers them. */
export function idsOfRecords(records: readonly string[]): readonly string[] {
  return records.flatMap((record) => OWN_ID.exec(record)?.[1] ?? []);
}
