-- Deploys and retrieves run after their caller has been answered; a restart finds those that have not ended.

alter table metadata_jobs
  add column state text not null default 'Succeeded' check (
    state in ('Pending', 'InProgress', 'Succeeded', 'SucceededPartial', 'Failed', 'Canceling', 'Canceled')
  ),
  add column request jsonb not null default '{}';

update metadata_jobs set state = coalesce(result ->> 'status', 'Succeeded');

create index metadata_jobs_unfinished on metadata_jobs (created_at, id)
  where state in ('Pending', 'InProgress', 'Canceling');

-- A component may have several files: those of a bundle, and the one that describes it.
alter table metadata_components drop constraint metadata_components_pkey, add primary key (file_name);
create index metadata_components_name on metadata_components (type, full_name);
