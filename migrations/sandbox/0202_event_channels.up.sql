-- Custom channels: `/data/Sales__chn` carries the change events of its members, `/event/Sales__chn` their platform events.
create table event_channels (
  name text collate "C" primary key,
  id text collate "C" not null unique,
  label text not null,
  kind text not null check (kind in ('data', 'event')),
  created_at timestamptz not null
);

create table event_channel_members (
  full_name text collate "C" primary key,
  id text collate "C" not null unique,
  -- ChangeEvents, the standard channel, is not in event_channels.
  channel text collate "C" not null,
  -- AccountChangeEvent, Order__e
  selected_entity text collate "C" not null,
  created_at timestamptz not null,
  unique (channel, selected_entity)
);
