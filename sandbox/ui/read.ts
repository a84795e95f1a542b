import { z } from 'zod';

import { UI_LIST_RECORDS, UI_LOOKUP_CHOICES } from '../limits.ts';
import type { Org } from '../org.ts';
import type { FieldDef } from '../schema/field.ts';
import type { ObjectDef } from '../schema/schema.ts';
import { columnName, storedTable, tableName } from '../store/layout.ts';
import { jsonColumns } from '../store/record-json.ts';

const Row = z.object({
  id: z.string(),
  deleted: z.boolean(),
  record: z.record(z.string(), z.unknown()),
});
export interface ShownRecord {
  readonly id: string;
  readonly deleted: boolean;
  readonly values: Readonly<Record<string, unknown>>;
}

/** One record with all its fields but files; undefined when there is none. */
export async function findRecord(
  org: Org,
  object: ObjectDef,
  id: string,
): Promise<ShownRecord | undefined> {
  const fields = object.fields.filter(({ type }) => type !== 'base64');
  const { rows } = await org.pool.query(
    `/* ui findRecord */ select item."_id" as id, item."_deleted" as deleted, to_jsonb(item) as record
  from (select "id" as "_id", "isdeleted" as "_deleted", ${jsonColumns(object, fields, 'record')} from ${tableName(object)} as record where "id" = $1) as item`,
    [id],
  );
  const [row] = z.array(Row).parse(rows);
  return row === undefined ? undefined : { id: row.id, deleted: row.deleted, values: row.record };
}

/** What tells records apart best, first. */
const TELLING = [
  'Email',
  'AccountId',
  'Title',
  'Company',
  'Phone',
  'Status',
  'StageName',
  'Amount',
  'Industry',
  'Type',
  'Username',
  'IsActive',
];

/** The columns of a list: the name, what tells records apart, and what was added to the object. */
export function listFields(org: Org, object: ObjectDef): readonly FieldDef[] {
  const find = (name: string): readonly FieldDef[] =>
    object.fields.filter((field) => field.name === name);
  const name = org.schema().findNameField(object);
  const custom = object.fields.filter(
    (field) => field.custom && field.column !== null && field.type !== 'base64',
  );
  const telling = [...TELLING.flatMap(find), ...custom.slice(0, 3)].slice(0, 6);
  return [...(name === undefined ? [] : [name]), ...telling, ...find('LastModifiedDate')];
}

/** Records whose name or e-mail address holds the words, newest first. */
export async function searchRecords(
  org: Org,
  object: ObjectDef,
  words: string,
): Promise<readonly ShownRecord[]> {
  const fields = listFields(org, object);
  const searched = object.fields.filter(
    ({ nameField, type, column }) => column !== null && (nameField || type === 'email'),
  );
  const condition =
    words === '' || searched.length === 0
      ? 'true'
      : searched.map((field) => `${columnName(field)} ilike $1 escape '\\'`).join(' or ');
  const pattern = `%${words.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
  const { rows } = await org.pool.query(
    `/* ui searchRecords */ select item."_id" as id, false as deleted, to_jsonb(item) as record
  from (select "id" as "_id", ${jsonColumns(object, fields, 'record')} from ${tableName(object)} as record
         where not "isdeleted" and (${condition}) and $1::text is not null order by "id" desc limit ${UI_LIST_RECORDS}) as item`,
    [pattern],
  );
  return z
    .array(Row)
    .parse(rows)
    .map(({ id, deleted, record }) => ({ id, deleted, values: record }));
}

const NameRow = z.object({ id: z.string(), name: z.string().nullable() });

/** The names of records by id, of whatever objects. */
export async function readNames(
  org: Org,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const schema = org.schema();
  const names = new Map<string, string>();
  for (const object of new Set(ids.map((id) => schema.findObjectOfId(id)))) {
    const field = object === undefined ? undefined : schema.findNameField(object);
    if (object === undefined || object.isView || field === undefined) continue;
    const { rows } = await org.pool.query(
      `/* ui readNames */ select "id" as id, ${columnName(field)}::text as name from ${tableName(object)} where "id" = any($1::text[])`,
      [ids],
    );
    for (const { id, name } of z.array(NameRow).parse(rows)) if (name !== null) names.set(id, name);
  }
  return names;
}

/** The newest records a reference may be given, with their names. */
export async function readChoices(
  org: Org,
  field: FieldDef,
): Promise<readonly { readonly id: string; readonly name: string }[]> {
  const schema = org.schema();
  const choices = [];
  for (const parent of field.referenceTo) {
    const object = schema.findObject(parent);
    const name = object === undefined ? undefined : schema.findNameField(object);
    if (object === undefined || object.isView || name === undefined) continue;
    const { rows } = await org.pool.query(
      `/* ui readChoices */ select "id" as id, ${columnName(name)}::text as name from ${tableName(object)} where not "isdeleted" order by "id" desc limit ${UI_LOOKUP_CHOICES}`,
    );
    for (const choice of z.array(NameRow).parse(rows))
      choices.push({ id: choice.id, name: choice.name ?? choice.id });
  }
  return choices;
}

/** Notes that somebody has looked at a record: recent items live by it. It is no change: the stamps stay. */
export async function noteViewed(org: Org, object: ObjectDef, id: string): Promise<void> {
  const viewed = object.fields.filter(
    ({ name }) => name === 'LastViewedDate' || name === 'LastReferencedDate',
  );
  if (viewed.length === 0) return;
  await org.pool.query(
    `/* ui noteViewed */ update ${storedTable(object)} set ${viewed.map((field) => `${columnName(field)} = $2`).join(', ')} where "id" = $1`,
    [id, new Date(Math.floor(org.clock.now() / 1_000) * 1_000)],
  );
}

const BinRow = z.object({ id: z.string(), name: z.string().nullable(), deleted_at: z.date() });
export type DeletedRecord = Readonly<z.infer<typeof BinRow>> & { readonly object: ObjectDef };

/** What is in the recycle bin, newest first; of a deletion that took others along, each of them. */
export async function readRecycleBin(org: Org): Promise<readonly DeletedRecord[]> {
  const found: DeletedRecord[] = [];
  for (const object of org.schema().objects) {
    const name = org.schema().findNameField(object);
    const has = (wanted: string): boolean => object.fields.some((field) => field.name === wanted);
    if (object.isView || !object.undeletable || !has('IsDeleted') || !has('SystemModstamp'))
      continue;
    const { rows } = await org.pool.query(
      `/* ui readRecycleBin */ select "id" as id, ${name === undefined ? '"id"' : columnName(name)}::text as name, "systemmodstamp" as deleted_at
  from ${tableName(object)} where "isdeleted" order by "systemmodstamp" desc limit ${UI_LIST_RECORDS}`,
    );
    found.push(
      ...z
        .array(BinRow)
        .parse(rows)
        .map((row) => ({ ...row, object })),
    );
  }
  return found
    .toSorted((a, b) => b.deleted_at.getTime() - a.deleted_at.getTime())
    .slice(0, UI_LIST_RECORDS);
}
