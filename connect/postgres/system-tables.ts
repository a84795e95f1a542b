import { quoteLiteral, quoteName } from '../../src/kit/identifiers.ts';
import { onSurface, type SchemaNames } from './schema-names.ts';

/**
 * The objects Heroku Connect makes in every connection's schema, name for name and column for column: applications,
 * their migrations and their monitoring read them. Each statement may run again over what is there.
 */
export function systemObjects(names: SchemaNames): readonly string[] {
  return [
    `create schema if not exists ${quoteName(names.surface)}`,
    ...metaTable(names),
    ...eventLog(names),
    ...triggerLog(names),
    ...triggerLogArchive(names),
    captureInsert(names),
    captureUpdate(names),
    ...doorbell(names),
  ];
}

/**
 * The capture switch as applications' own triggers call it. Heroku Connect reads it from the view pg_settings, which
 * lists every setting of the server at every row; current_setting answers the same a hundred times faster.
 */
export const GET_XMLBINARY = `create or replace function public.get_xmlbinary() returns character varying
language plpgsql stable parallel safe as $body$
begin
  return current_setting('xmlbinary');
end;
$body$`;

/** Of both log tables. The order is part of the surface: loggers written by others insert whole row values. */
const LOG_COLUMNS = (now: '' | ' default now()') => `
  txid bigint,
  created_at timestamp with time zone${now},
  updated_at timestamp with time zone${now},
  processed_at timestamp with time zone,
  processed_tx bigint,
  state character varying(8),
  action character varying(7),
  table_name character varying(128),
  record_id integer,
  sfid character varying(18),
  old text,
  "values" text,
  sf_result integer,
  sf_message text`;

function metaTable(names: SchemaNames): readonly string[] {
  const table = onSurface(names, '_hcmeta');
  return numbered(names, '_hcmeta', [
    `create table if not exists ${table} (
  id integer not null constraint _hcmeta_pkey primary key,
  hcver integer,
  org_id character varying(50),
  details text
)`,
  ]);
}

function eventLog(names: SchemaNames): readonly string[] {
  const table = onSurface(names, '_sf_event_log');
  return [
    ...numbered(names, '_sf_event_log', [
      `create table if not exists ${table} (
  id integer not null constraint _sf_event_log_pkey primary key,
  table_name character varying(128),
  action character varying(7),
  synced_at timestamp with time zone default now(),
  sf_timestamp timestamp with time zone,
  sfid character varying(20),
  record text,
  processed boolean
)`,
    ]),
    `create index if not exists idx__sf_event_log_comp_key on ${table} (table_name, synced_at)`,
    `create index if not exists idx__sf_event_log_sfid on ${table} (sfid)`,
  ];
}

function triggerLog(names: SchemaNames): readonly string[] {
  const table = onSurface(names, '_trigger_log');
  return [
    ...numbered(names, '_trigger_log', [
      `create table if not exists ${table} (
  id integer not null constraint _trigger_log_pkey primary key,${LOG_COLUMNS(' default now()')}
)`,
    ]),
    `create index if not exists _trigger_log_idx_created_at on ${table} (created_at)`,
    `create index if not exists _trigger_log_idx_state_id on ${table} (state, id)`,
    `create index if not exists _trigger_log_idx_state_table_name on ${table} (state, table_name)
 where state = 'NEW' or state = 'PENDING'`,
    // The one index that Heroku Connect has only on the archive: a row's entries are asked for at every step of it, and
    // without it each batch of a backlog would read all of the backlog.
    `create index if not exists _trigger_log_idx_record_id on ${table} (record_id)`,
  ];
}

function triggerLogArchive(names: SchemaNames): readonly string[] {
  const table = onSurface(names, '_trigger_log_archive');
  return [
    `create table if not exists ${table} (
  id integer not null constraint _trigger_log_archive_pkey primary key,${LOG_COLUMNS('')}
)`,
    `create index if not exists _trigger_log_archive_idx_created_at on ${table} (created_at)`,
    `create index if not exists _trigger_log_archive_idx_record_id on ${table} (record_id)`,
    `create index if not exists _trigger_log_archive_idx_state_table_name on ${table} (state, table_name)
 where state = 'FAILED'`,
  ];
}

/** A table whose `id` counts up by a sequence of its own: `<table>_id_seq`. */
function numbered(names: SchemaNames, name: string, create: readonly string[]): readonly string[] {
  const table = onSurface(names, name);
  const sequence = onSurface(names, `${name}_id_seq`);
  return [
    `create sequence if not exists ${sequence}`,
    ...create,
    `alter table ${table} alter column id set default nextval(${quoteLiteral(sequence)}::regclass)`,
    `alter sequence ${sequence} owned by ${table}.id`,
  ];
}

/** Applications call it to send a row as an insert again; `id` and `sfid` cannot be left out of what is logged. */
function captureInsert(names: SchemaNames): string {
  const { hstore, sub, get } = hstoreSyntax(names);
  return `create or replace function ${onSurface(names, 'hc_capture_insert_from_row')}(
  source_row ${hstore}, table_name character varying, excluded_cols text[] default array[]::text[]
) returns integer language plpgsql as $body$
declare
  left_out text[] := array['_hc_lastop', '_hc_err']
    || array_remove(array_remove(coalesce(excluded_cols, array[]::text[]), 'id'), 'sfid');
  log_id integer;
begin
  if (source_row ${get} 'id') is null then
    return null;
  end if;
  insert into ${onSurface(names, '_trigger_log')}
    (action, table_name, txid, created_at, state, record_id, "values")
  values
    ('INSERT', table_name, txid_current(), clock_timestamp(), 'NEW',
     (source_row ${get} 'id')::integer, (source_row ${sub} left_out)::text)
  returning id into log_id;
  return log_id;
end;
$body$`;
}

/** Applications call it to send a row, or the listed columns of it, as an update again. */
function captureUpdate(names: SchemaNames): string {
  const { hstore, sub, get, keys } = hstoreSyntax(names);
  return `create or replace function ${onSurface(names, 'hc_capture_update_from_row')}(
  source_row ${hstore}, table_name character varying, columns_to_include text[] default array[]::text[]
) returns integer language plpgsql as $body$
declare
  left_out text[] := array['_hc_lastop', '_hc_err'];
  log_id integer;
begin
  if (source_row ${get} 'id') is null then
    return null;
  end if;
  if cardinality(columns_to_include) > 0 then
    left_out := left_out || array(select ${keys}(source_row) except select unnest(columns_to_include));
  end if;
  insert into ${onSurface(names, '_trigger_log')}
    (action, table_name, txid, created_at, state, record_id, sfid, old, "values")
  values
    ('UPDATE', table_name, txid_current(), clock_timestamp(), 'NEW',
     (source_row ${get} 'id')::integer, source_row ${get} 'sfid', null, (source_row ${sub} left_out)::text)
  returning id into log_id;
  return log_id;
end;
$body$`;
}

function doorbell(names: SchemaNames): readonly string[] {
  const ring = onSurface(names, 'tlog_notify_trigger');
  const channel = quoteLiteral(doorbellChannel(names));
  return [
    `create or replace function ${ring}() returns trigger language plpgsql as $body$
begin
  perform pg_notify(${channel}, 'ping');
  return new;
end;
$body$`,
    `create or replace trigger tlog_insert_trigger after insert on ${onSurface(names, '_trigger_log')}
 for each row execute function ${ring}()`,
  ];
}

/** The channel on which the log says that there is something new. */
export function doorbellChannel({ surface }: SchemaNames): string {
  return `${surface}.hc_trigger_log`;
}

/** hstore's type, function and operators with their schema, so that no writer's search_path matters. */
export function hstoreSyntax({ hstore }: SchemaNames): {
  readonly hstore: string;
  readonly sub: string;
  readonly get: string;
  readonly keys: string;
} {
  const schema = quoteName(hstore);
  return {
    hstore: `${schema}.hstore`,
    sub: `operator(${schema}.-)`,
    get: `operator(${schema}.->)`,
    keys: `${schema}.skeys`,
  };
}
