-- Records: one table per sObject, made from the schema's definitions (sandbox/store/tables.ts).
create schema org;

-- What the org's administrators have added to the standard objects and fields; the definitions as the schema reads them.
create table custom_objects (
  name       text primary key,
  definition jsonb not null,
  created_at timestamptz not null default now()
);
create unique index custom_objects_name on custom_objects (lower(name));

create table custom_fields (
  object     text not null,
  name       text not null,
  definition jsonb not null,
  created_at timestamptz not null default now(),
  primary key (object, name)
);
create unique index custom_fields_name on custom_fields (lower(object), lower(name));

-- The org itself: one row.
create table org_identity (
  singleton        boolean primary key default true check (singleton),
  org_id           text not null,
  admin_user_id    text not null,
  admin_profile_id text not null,
  created_at       timestamptz not null default now()
);

-- Written in the transaction of each change, read by streaming after commit (sandbox/records/events.ts).
create table change_journal (
  id              bigserial primary key,
  xid             xid8 not null default pg_current_xact_id(),
  transaction_key text not null,
  sequence_number integer not null,
  entity          text not null,
  record_id       text not null collate "C",
  change_type     text not null check (change_type in ('CREATE', 'UPDATE', 'DELETE', 'UNDELETE')),
  changed_fields  text[] not null,
  record          jsonb not null,
  previous        jsonb not null,
  origin          text not null,
  user_id         text not null collate "C",
  changed_at      timestamptz not null
);
create index change_journal_order on change_journal (xid, id);
create index change_journal_age on change_journal (changed_at);

-- A record's id: key prefix, instance, a number in base 62, and the three characters that make it safe where case is lost.
create function salesforce_id(prefix text, instance text, number bigint) returns text
language plpgsql immutable strict parallel safe as $$
declare
  digits constant text := '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  checks constant text := 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345';
  rest bigint := number;
  tail text := '';
  id15 text;
  bits integer;
  suffix text := '';
begin
  for place in 1..9 loop
    tail := substr(digits, (rest % 62)::integer + 1, 1) || tail;
    rest := rest / 62;
  end loop;
  id15 := prefix || instance || '0' || tail;
  for part in 0..2 loop
    bits := 0;
    for place in 0..4 loop
      if ascii(substr(id15, part * 5 + place + 1, 1)) between 65 and 90 then
        bits := bits | (1 << place);
      end if;
    end loop;
    suffix := suffix || substr(checks, bits + 1, 1);
  end loop;
  return id15 || suffix;
end $$;
