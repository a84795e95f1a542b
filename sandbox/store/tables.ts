import { createHash } from 'node:crypto';

import type pg from 'pg';
import { z } from 'zod';

import { quoteLiteral, quoteName } from '../../src/kit/identifiers.ts';
import type { FieldDef } from '../schema/field.ts';
import { NAME_OBJECT, type ObjectDef } from '../schema/schema.ts';
import {
  areActivityViewsMissing,
  dropActivityViews,
  replaceActivityViews,
} from './activity-views.ts';
import { ORG_SCHEMA, castType, columnName, columnType, tableName } from './layout.ts';

/** Remembers which deletion took a record along, so that undeleting the parent brings it back. No field of Salesforce. */
export const DELETION_COLUMN = '_deletion';

/**
 * Makes the tables, columns and indexes that the objects need and that are not there yet; nothing is dropped. Runs in
 * the caller's transaction.
 */
export async function ensureTables(
  client: pg.ClientBase,
  objects: readonly ObjectDef[],
  { viewDropped = false }: { readonly viewDropped?: boolean } = {},
): Promise<void> {
  const existing = await readColumns(client);
  let changed = viewDropped;
  for (const object of objects) {
    if (object.isView) continue;
    const columns = existing.get(object.table);
    const missing = object.fields.filter(
      (field) => field.column !== null && columns?.has(field.column) !== true,
    );
    if (columns !== undefined && missing.length === 0) continue;
    changed = true;
    if (columns === undefined) await createTable(client, object);
    else await addColumns(client, object, missing);
    for (const field of columns === undefined ? object.fields : missing) {
      await addIndexes(client, object, field);
    }
  }
  if (changed || (await areActivityViewsMissing(client))) await replaceNameView(client, objects);
}

/** Gives an object's table, with its sequences, the name of the object's new name. */
export async function renameTable(
  client: pg.ClientBase,
  from: ObjectDef,
  to: ObjectDef,
): Promise<void> {
  await client.query(`alter table ${tableName(from)} rename to ${quoteName(to.table)}`);
  for (const field of from.fields.filter(({ autoNumber }) => autoNumber)) {
    await client.query(
      `alter sequence ${sequenceName(from, field)} rename to ${quoteName(digestName('number', to, field))}`,
    );
  }
}

/** Adds the columns of new fields, with their indexes. */
async function addColumns(
  client: pg.ClientBase,
  object: ObjectDef,
  fields: readonly FieldDef[],
): Promise<void> {
  const additions = fields.map((field) => `add column ${columnDefinition(field)}`).join(', ');
  if (additions !== '') await client.query(`alter table ${tableName(object)} ${additions}`);
}

async function createTable(client: pg.ClientBase, object: ObjectDef): Promise<void> {
  const stored = object.fields.filter((field) => field.column !== null && field.name !== 'Id');
  const definitions = stored.map(columnDefinition);
  if (!stored.some(({ name }) => name === 'IsDeleted')) {
    definitions.push('"isdeleted" boolean not null default false');
  }
  await client.query(
    `create table ${tableName(object)} ("id" text collate "C" primary key, ${definitions.join(', ')}, ${quoteName(DELETION_COLUMN)} text collate "C")`,
  );
  // Undeleting looks in every table for what one deletion took along.
  await client.query(
    `create index on ${tableName(object)} (${quoteName(DELETION_COLUMN)}) where ${quoteName(DELETION_COLUMN)} is not null`,
  );
}

function columnDefinition(field: FieldDef): string {
  const definition = `${columnName(field)} ${columnType(field)}`;
  if (field.generated !== null) {
    return `${definition} generated always as (${field.generated}) stored`;
  }
  if (field.summary?.operation === 'count' || field.summary?.operation === 'sum') {
    return `${definition} default 0`;
  }
  if (field.type === 'boolean') {
    return `${definition} not null default ${field.defaultValue === true ? 'true' : 'false'}`;
  }
  return definition;
}

/** A name for what belongs to a field: a digest, since two API names together are longer than PostgreSQL's names. */
function digestName(kind: string, object: ObjectDef, field: FieldDef): string {
  const digest = createHash('sha256')
    .update(`${object.table}.${field.column ?? ''}`)
    .digest('hex');
  return `${kind}_${digest.slice(0, 32)}`;
}

/** The sequence behind an auto-number field. */
export function sequenceName(object: ObjectDef, field: FieldDef): string {
  return quoteName(ORG_SCHEMA, digestName('number', object, field));
}

/** The index a field needs, and the sequence of an auto-number. */
export async function addIndexes(
  client: pg.ClientBase,
  object: ObjectDef,
  field: FieldDef,
): Promise<void> {
  if (field.autoNumber) {
    await client.query(`create sequence if not exists ${sequenceName(object, field)}`);
  }
  const index = indexOf(field);
  if (index === undefined) return;
  const { unique, on } = index;
  const name = quoteName(digestName('index', object, field));
  await client.query(
    `create ${unique ? 'unique ' : ''}index if not exists ${name} on ${tableName(object)} ${on}`,
  );
}

export async function dropIndexes(
  client: pg.ClientBase,
  object: ObjectDef,
  field: FieldDef,
): Promise<void> {
  const name = quoteName(ORG_SCHEMA, digestName('index', object, field));
  await client.query(`drop index if exists ${name}`);
}

function indexOf(field: FieldDef): { readonly unique: boolean; readonly on: string } | undefined {
  if (field.column === null) return undefined;
  const column = columnName(field);
  if (field.name === 'SystemModstamp') return { unique: false, on: `(${column}, "id")` };
  // Few records have been looked at lately, and home pages ask for those.
  if (field.name === 'LastViewedDate')
    return { unique: false, on: `(${column} desc nulls last) where ${column} is not null` };
  if (field.unique) return { unique: true, on: `(${comparable(field)}) where not "isdeleted"` };
  if (field.externalId || (field.idLookup && field.type !== 'id')) {
    return { unique: false, on: `(${comparable(field)})` };
  }
  if (field.type === 'reference' && field.childRelationshipName !== null) {
    return { unique: false, on: `(${column}) where ${column} is not null` };
  }
  return undefined;
}

/** What two values of a unique or external-id field are compared by: text without regard to case, unless the field says so. */
export function comparable(field: FieldDef, column = columnName(field)): string {
  return castType(field) === 'text' && !field.caseSensitive ? `lower(${column})` : column;
}

export async function dropNameView(
  client: pg.ClientBase,
  objects: readonly ObjectDef[],
): Promise<void> {
  const view = objects.find(({ name }) => name === NAME_OBJECT);
  if (view !== undefined) await client.query(`drop view if exists ${tableName(view)}`);
  await dropActivityViews(client, objects);
}

/** The view behind polymorphic parents: one row for every record that a polymorphic reference may point to. */
async function replaceNameView(
  client: pg.ClientBase,
  objects: readonly ObjectDef[],
): Promise<void> {
  const view = objects.find(({ name }) => name === NAME_OBJECT);
  if (view === undefined) return;
  const polymorphic = new Set(
    objects.flatMap(({ fields }) =>
      fields
        .filter(({ referenceTo }) => referenceTo.length > 1)
        .flatMap(({ referenceTo }) => referenceTo),
    ),
  );
  const members = objects.filter((object) => !object.isView && polymorphic.has(object.name));
  const selects = members.map((object) => nameSelect(view, object));
  await dropNameView(client, objects);
  await client.query(`create view ${tableName(view)} as ${selects.join(' union all ')}`);
  await replaceActivityViews(client, objects);
}

function nameSelect(view: ObjectDef, object: ObjectDef): string {
  const columns = view.fields.map((wanted) => {
    const name = columnName(wanted);
    if (wanted.name === 'Type') return `${quoteLiteral(object.name)}::text as ${name}`;
    const own = object.fields.find((field) =>
      wanted.nameField ? field.nameField : field.column === wanted.column,
    );
    if (own !== undefined && own.column !== null) return `${columnName(own)} as ${name}`;
    if (wanted.name === 'IsActive') return `true as ${name}`;
    return `null::${castType(wanted)} as ${name}`;
  });
  return `select ${columns.join(', ')}, "isdeleted" from ${tableName(object)}`;
}

const ColumnRow = z.object({ table_name: z.string(), column_name: z.string() });

async function readColumns(client: pg.ClientBase): Promise<Map<string, Set<string>>> {
  const { rows } = await client.query(READ_COLUMNS, [ORG_SCHEMA]);
  const tables = new Map<string, Set<string>>();
  for (const { table_name: table, column_name: column } of z.array(ColumnRow).parse(rows)) {
    const columns = tables.get(table) ?? new Set();
    columns.add(column);
    tables.set(table, columns);
  }
  return tables;
}

const READ_COLUMNS = `/* readColumns */
select relation.relname as table_name, attribute.attname as column_name
  from pg_class relation
  join pg_attribute attribute on attribute.attrelid = relation.oid
 where relation.relnamespace = $1::regnamespace
   and relation.relkind = 'r'
   and attribute.attnum > 0
   and not attribute.attisdropped`;
