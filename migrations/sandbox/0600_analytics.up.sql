-- What a report or dashboard is made of, beside its record in org.report or org.dashboard.
create table report_definitions (
  report_id  text primary key collate "C",
  definition jsonb not null
);
create table dashboard_definitions (
  dashboard_id text primary key collate "C",
  definition   jsonb not null
);

-- Asynchronous runs of reports; kept for a day.
create table report_instances (
  id           text primary key collate "C",
  report_id    text not null collate "C",
  owner_id     text not null collate "C",
  requested_at timestamptz not null,
  completed_at timestamptz not null,
  has_details  boolean not null,
  state        text not null check (state in ('Success', 'Error')),
  result       jsonb not null
);
create index report_instances_of_report on report_instances (report_id, requested_at desc);
