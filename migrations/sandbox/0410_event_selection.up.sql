-- What a member adds to a channel: only events that meet the filter, and fields that come with every update and delete.
alter table event_channel_members
  add column filter_expression text,
  add column enriched_fields text[] not null default '{}';

-- Commits are numbered as they are published: later ones have greater numbers, parts of one have the same.
alter table stream_state
  add column last_commit_number bigint not null default 1000000000000,
  add column last_transaction_key text not null default '';

-- A managed subscription of the Pub/Sub API: how far its subscriber has said it has come.
create table managed_event_subscriptions (
  developer_name text collate "C" primary key,
  id text collate "C" not null unique,
  label text not null,
  topic text collate "C" not null,
  default_replay text not null check (default_replay in ('LATEST', 'EARLIEST')),
  error_recovery_replay text not null check (error_recovery_replay in ('LATEST', 'EARLIEST')),
  state text not null check (state in ('RUN', 'STOP')),
  committed_replay_id bigint,
  created_at timestamptz not null
);
