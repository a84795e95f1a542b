import { quoteName } from '../../src/kit/identifiers.ts';
import { ours, type SchemaNames } from './schema-names.ts';

/**
 * Landbridge's own bookkeeping of one connection, in a schema beside the surface: what applications know of Heroku
 * Connect stays as it was. Each statement may run again over what is there.
 */
export function ownObjects(names: SchemaNames): readonly string[] {
  return [
    `create schema if not exists ${quoteName(names.own)}`,
    mappedTable(names),
    mappedColumn(names),
    load(names),
  ];
}

/** Which tables of the surface are Connect's: a table of the same name that is not here is somebody else's. */
function mappedTable(names: SchemaNames): string {
  return `create table if not exists ${ours(names, 'mapped_table')} (
  table_name text primary key,
  object_name text not null unique,
  access text not null,
  created_at timestamp with time zone not null default now()
)`;
}

/** Which columns are Connect's; applications may add columns of their own to a mapped table. */
function mappedColumn(names: SchemaNames): string {
  return `create table if not exists ${ours(names, 'mapped_column')} (
  table_name text not null references ${ours(names, 'mapped_table')} on delete cascade,
  column_name text not null,
  field text not null,
  primary key (table_name, column_name)
)`;
}

/**
 * How far the load of a table has come. \`job_id\` and \`locator\` say which page of which job comes next; both are
 * written in the transaction that writes the page before it.
 */
function load(names: SchemaNames): string {
  return `create table if not exists ${ours(names, 'load')} (
  table_name text primary key references ${ours(names, 'mapped_table')} on delete cascade,
  state text not null check (state in ('needed', 'running', 'done')),
  mode text not null check (mode in ('fill', 'merge')),
  job_id text,
  locator text,
  pages integer not null default 0,
  records bigint not null default 0,
  started_at timestamp with time zone,
  finished_at timestamp with time zone
)`;
}
