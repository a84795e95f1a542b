-- What an approval process does, beside its record in org.processdefinition; as its metadata file says, read.
create table process_definitions (
  process_id text primary key collate "C",
  object     text not null,
  name       text not null,
  active     boolean not null,
  sort_order integer not null,
  definition jsonb not null
);
create unique index process_definitions_name on process_definitions (lower(object), lower(name));

-- Where a pending approval stands: the step its work items are of, and who may be asked besides.
create table process_states (
  instance_id text primary key collate "C",
  step        integer not null
);

-- Records that an approval process has locked.
create table record_locks (
  record_id   text primary key collate "C",
  instance_id text not null collate "C",
  locked_at   timestamptz not null
);

-- Rules and actions of workflows, by object, as their metadata files say, read.
create table workflow_definitions (
  object     text primary key,
  definition jsonb not null
);
