-- Metadata this org keeps without acting by it (Apex, layouts, reports, …), so that it can be listed and retrieved.
create table metadata_components (
  type        text not null,
  full_name   text not null,
  file_name   text not null,
  body        bytea not null,
  modified_at timestamptz not null,
  primary key (type, full_name)
);

-- What became of each deploy and retrieve; their callers ask for it later.
create table metadata_jobs (
  id         text primary key collate "C",
  kind       text not null check (kind in ('deploy', 'retrieve')),
  result     jsonb not null,
  zip        bytea,
  created_at timestamptz not null
);
