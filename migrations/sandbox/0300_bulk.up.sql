-- Bulk API jobs. Their uploads and results are files in the org's home folder, named by the job's id.

create sequence bulk_numbers;

create table bulk_jobs (
  id text collate "C" primary key,
  -- 'query' and 'ingest' are Bulk API 2.0; 'v1' is the older API of batches.
  kind text not null check (kind in ('query', 'ingest', 'v1')),
  state text not null,
  operation text not null,
  object text not null,
  query text,
  external_id_field text,
  content_type text not null,
  line_ending text not null,
  column_delimiter text not null,
  concurrency_mode text not null,
  api_version text not null,
  -- ChangeEventHeader.changeOrigin of what the job writes.
  origin text not null,
  created_by text collate "C" not null,
  created_at timestamptz not null,
  changed_at timestamptz not null,
  records_processed bigint not null default 0,
  records_failed bigint not null default 0,
  processing_ms bigint not null default 0,
  error_message text
);
create index bulk_jobs_age on bulk_jobs (kind, created_at);
