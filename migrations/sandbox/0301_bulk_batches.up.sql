-- What became of each batch of an ingest job, written in the transaction that saved its records.
create table bulk_batches (
  job_id text collate "C" not null references bulk_jobs on delete cascade,
  number integer not null,
  -- Lines of CSV without a header, as the result resources answer them.
  successes text not null,
  failures text not null,
  primary key (job_id, number)
);
