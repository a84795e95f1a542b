import type pg from 'pg';
import { z } from 'zod';

import { present } from '../../src/kit/assert.ts';
import type { Schema } from '../schema/schema.ts';
import { recordId } from '../store/record-id.ts';
import { insertRows, updateRows, type StoredRecord } from '../store/rows.ts';

/** What the org itself writes into objects that no caller may write: no check, no change event. */
export interface SystemWrite {
  readonly client: pg.ClientBase;
  readonly schema: Schema;
  readonly userId: string;
  readonly now: Date;
}

/** Inserts records with ids, stamps and defaults; resolves to the ids. Nothing else is filled in. */
export async function insertSystemRecords(
  { client, schema, userId, now }: SystemWrite,
  objectName: string,
  records: readonly StoredRecord[],
): Promise<readonly string[]> {
  if (records.length === 0) return [];
  const object = present(schema.findObject(objectName), objectName);
  const { rows } = await client.query(NEXT_NUMBERS, [records.length]);
  const numbers = z.array(z.object({ number: z.string() })).parse(rows);
  const stamp = toSecond(now);
  const has = (name: string): boolean => object.fields.some((field) => field.name === name);
  const stamps = {
    ...Object.fromEntries(DATES.filter(has).map((name) => [name, stamp])),
    ...Object.fromEntries(PEOPLE.filter(has).map((name) => [name, userId])),
    ...Object.fromEntries(
      object.fields.filter(({ type }) => type === 'boolean').map(({ name }) => [name, false]),
    ),
  };
  const complete = records.map((record, index): StoredRecord => ({
    ...stamps,
    ...record,
    Id: recordId(present(object.keyPrefix, objectName), BigInt(numbers[index]?.number ?? '0')),
  }));
  const names = new Set(complete.flatMap((record) => Object.keys(record)));
  const fields = object.fields.filter(({ name, column }) => names.has(name) && column !== null);
  await insertRows(client, { object, fields }, complete);
  return complete.map(({ Id: id }) => String(id));
}

/** Sets fields of records, which carry their Id, and moves their stamps. */
export async function updateSystemRecords(
  { client, schema, userId, now }: SystemWrite,
  objectName: string,
  records: readonly StoredRecord[],
): Promise<void> {
  const object = present(schema.findObject(objectName), objectName);
  const stamp = toSecond(now);
  const changed = {
    LastModifiedDate: stamp,
    LastModifiedById: userId,
    SystemModstamp: stamp,
  };
  for (const record of records) {
    const complete: StoredRecord = { ...changed, ...record };
    const fields = object.fields.filter(({ name, column }) => name in complete && column !== null);
    await updateRows(client, { object, fields }, [complete]);
  }
}

function toSecond(time: Date): string {
  return `${time.toISOString().slice(0, 19)}.000Z`;
}

const DATES = ['CreatedDate', 'LastModifiedDate', 'SystemModstamp'] as const;
const PEOPLE = ['CreatedById', 'LastModifiedById'] as const;
const NEXT_NUMBERS = `/* nextNumbers */
select nextval('record_number')::text as number from generate_series(1, $1)`;
