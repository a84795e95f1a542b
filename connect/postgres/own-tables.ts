import { quoteName } from '../../src/kit/identifiers.ts';
import { ours, type SchemaNames } from './schema-names.ts';

/**
 * Landbridge's own bookkeeping of one connection, in a schema beside the surface: what applications know of Heroku
 * Connect stays as it was. Each statement may run again over what is there.
 */
export function ownObjects(names: SchemaNames): readonly string[] {
  return [
    `create schema if not exists ${quoteName(names.own)}`,
    `create table if not exists ${ours(names, 'fingerprint')} (name text primary key, value text not null)`,
    mappedTable(names),
    mappedColumn(names),
    `create sequence if not exists ${ours(names, 'token')}`,
    ...rowSync(names),
    ...perTable(names),
    conflict(names),
    stuck(names),
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
 * What the engine remembers of a row (core/row.ts, RowSync): a line for each row that was written lately or waits for
 * something, none for the rest. It outlives the row itself: an application may delete it while its create is on the wire.
 * The key begins with the id: with the table's name first, a planner without statistics reads all of a table's lines for
 * each one it looks for.
 */
function rowSync(names: SchemaNames): readonly string[] {
  const table = ours(names, 'row_sync');
  return [
    `create table if not exists ${table} (
  table_name text not null references ${ours(names, 'mapped_table')} on delete cascade,
  record_id integer not null,
  epoch bigint not null default 0,
  sfid text,
  sent jsonb,
  settled jsonb not null default '{}',
  bases jsonb not null default '{}',
  refusal text,
  attempts integer not null default 0,
  retry_at bigint not null default 0,
  parked text,
  primary key (record_id, table_name)
) with (fillfactor = 70)`,
    `create index if not exists row_sync_sfid on ${table} (table_name, sfid) where sfid is not null`,
    `create index if not exists row_sync_sent on ${table} (table_name, (sent ->> 'key')) where sent is not null`,
  ];
}

/** What stands once for each table: its cursor, its load, the records to read again, and those a reload has seen. */
function perTable(names: SchemaNames): readonly string[] {
  const owner = `table_name text not null references ${ours(names, 'mapped_table')} on delete cascade`;
  return [
    `create table if not exists ${ours(names, 'cursor')} (
  ${owner},
  cursor jsonb not null,
  primary key (table_name)
)`,
    // `mode` is null until the first page: `fill` writes an empty table, `merge` goes through one that has rows, `sift`
    // does so with what fits.
    `create table if not exists ${ours(names, 'load')} (
  ${owner},
  job_id text not null,
  token bigint not null,
  as_of text not null,
  locator text,
  done boolean not null,
  records bigint not null,
  mode text check (mode in ('fill', 'merge', 'sift')),
  primary key (table_name)
)`,
    `create table if not exists ${ours(names, 'load_seen')} (
  ${owner},
  sfid text not null,
  primary key (table_name, sfid)
)`,
    `create table if not exists ${ours(names, 'read_again')} (
  ${owner},
  sfid text not null,
  primary key (table_name, sfid)
)`,
  ];
}

/** What lost where both sides had changed the same thing: nothing is thrown away without a trace. */
function conflict(names: SchemaNames): string {
  return `create table if not exists ${ours(names, 'conflict')} (
  id bigint generated always as identity primary key,
  at timestamp with time zone not null default now(),
  table_name text not null,
  record_id integer,
  sfid text,
  kind text not null,
  column_name text,
  mine text,
  theirs text,
  base text,
  winner text not null,
  image jsonb
)`;
}

/** Records that could not be written to their rows, and why. */
function stuck(names: SchemaNames): string {
  return `create table if not exists ${ours(names, 'stuck')} (
  id bigint generated always as identity primary key,
  at timestamp with time zone not null default now(),
  table_name text not null,
  record_id integer,
  sfid text,
  message text not null
)`;
}
