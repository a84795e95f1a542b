import type pg from 'pg';

import { quoteName } from '../../src/kit/identifiers.ts';
import type { FieldDef } from '../schema/field.ts';
import type { ObjectDef } from '../schema/schema.ts';
import { castType, columnName, tableName } from './layout.ts';

/**
 * A record as the store takes it: by API name, already validated. Dates `2026-11-21`, datetimes and times in ISO 8601
 * with zone, base64 as base64 text.
 */
export type StoredRecord = Readonly<Record<string, string | number | boolean | null>>;

/** Inserts records that all have the same fields, in one statement. */
export async function insertRows(
  client: pg.ClientBase,
  target: { readonly object: ObjectDef; readonly fields: readonly FieldDef[] },
  records: readonly StoredRecord[],
): Promise<void> {
  if (records.length === 0) return;
  const { object, fields } = target;
  const columns = fields.map(columnName);
  await client.query(
    `/* insertRows */ insert into ${tableName(object)} (${columns.join(', ')})
select ${fields.map((field) => fromRecordset(field)).join(', ')}
  from jsonb_to_recordset($1::jsonb) as item(${recordset(fields)})`,
    [JSON.stringify(byColumn(fields, records))],
  );
}

/** Sets the same fields of several records, in one statement. The records carry their Id. */
export async function updateRows(
  client: pg.ClientBase,
  target: { readonly object: ObjectDef; readonly fields: readonly FieldDef[] },
  records: readonly StoredRecord[],
): Promise<void> {
  if (records.length === 0) return;
  const { object } = target;
  const fields = target.fields.filter(({ name }) => name !== 'Id');
  const id = object.fields.filter(({ name }) => name === 'Id');
  const all = [...id, ...fields];
  await client.query(
    `/* updateRows */ update ${tableName(object)} as target
   set ${fields.map((field) => `${columnName(field)} = ${fromRecordset(field)}`).join(', ')}
  from jsonb_to_recordset($1::jsonb) as item(${recordset(all)})
 where target."id" = item."id"`,
    [JSON.stringify(byColumn(all, records))],
  );
}

function byColumn(
  fields: readonly FieldDef[],
  records: readonly StoredRecord[],
): readonly Readonly<Record<string, unknown>>[] {
  return records.map((record) =>
    Object.fromEntries(fields.map((field) => [field.column ?? '', record[field.name] ?? null])),
  );
}

function recordset(fields: readonly FieldDef[]): string {
  return fields
    .map((field) => `${columnName(field)} ${field.type === 'base64' ? 'text' : castType(field)}`)
    .join(', ');
}

function fromRecordset(field: FieldDef): string {
  const column = `item.${quoteName(field.column ?? '')}`;
  return field.type === 'base64' ? `decode(${column}, 'base64')` : column;
}
