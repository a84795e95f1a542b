-- What was used of the daily allotments, by the hour.
create table usage_counts (
  name  text not null,
  hour  integer not null,
  count bigint not null,
  primary key (name, hour)
);

-- A child list that is longer than a page has a cursor of its own, which ends with its parent's: which of the
-- statement's lists it is, and of which record.
alter table query_cursors add column child integer;
alter table query_cursors add column parent_cursor text references query_cursors (id) on delete cascade;
create index query_cursors_parent on query_cursors (parent_cursor);

-- How often a batch of the job was tried again.
alter table bulk_jobs add column retries integer not null default 0;
