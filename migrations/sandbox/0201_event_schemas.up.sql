-- Every schema that events have been written with: an object's fields change, the events kept of it do not.
create table event_schemas (
  id text collate "C" primary key,
  topic text not null,
  schema json not null,
  created_at timestamptz not null
);
create index event_schemas_of_topic on event_schemas (topic);
