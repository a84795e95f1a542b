-- Bulk API 1: a job's batches, each with a body of its own and a state of its own.
alter table bulk_jobs add column pk_chunk_size integer;

create table bulk_v1_batches (
  id text collate "C" primary key,
  job_id text collate "C" not null references bulk_jobs on delete cascade,
  state text not null check (state in ('Queued', 'InProgress', 'Completed', 'Failed', 'NotProcessed')),
  state_message text,
  -- What the client sent: records, or a query.
  request bytea not null,
  -- A chunk of a query: ids from the first (included) to the last (not included).
  first_id text collate "C",
  before_id text collate "C",
  created_at timestamptz not null,
  changed_at timestamptz not null,
  records_processed bigint not null default 0,
  records_failed bigint not null default 0,
  processing_ms bigint not null default 0,
  -- One entry per record, in the order of the request; null for queries, whose results are files.
  results jsonb
);
create index bulk_v1_batches_job on bulk_v1_batches (job_id, id);
