-- Metadata besides objects and fields that shapes the schema: record types, business processes, value sets, and what
-- the org has been given for good (person accounts, multiple currencies). The definitions as the schema reads them.
create table schema_parts (
  type       text not null,
  name       text not null,
  definition jsonb not null,
  created_at timestamptz not null default clock_timestamp(),
  primary key (type, name)
);
create unique index schema_parts_name on schema_parts (type, lower(name));
