-- Events as subscribers get them: numbered once, for ever, in the order in which they are delivered.

create table stream_events (
  replay_id bigint primary key,
  -- change: /data/XChangeEvent · platform: /event/X__e · push_topic: /topic/Name · generic: /u/name
  kind text not null check (kind in ('change', 'platform', 'push_topic', 'generic')),
  topic text not null,
  uuid uuid not null,
  -- The parts of the message beside replayId; the shape depends on the kind (sandbox/streaming/message.ts).
  body json not null,
  -- Null: for every subscriber. Else for these users alone (generic channels).
  audience text[],
  created_at timestamptz not null,
  -- Never before its predecessor's, so that what has been delivered is always a prefix.
  deliver_at timestamptz not null
);
create index stream_events_of_topic on stream_events (topic, replay_id);
create index stream_events_of_kind on stream_events (kind, replay_id);
create index stream_events_by_age on stream_events (kind, created_at);

create table stream_state (
  singleton boolean primary key default true check (singleton),
  last_replay_id bigint not null,
  last_deliver_at timestamptz not null,
  -- Events up to here are gone: replay from before them is refused.
  pruned_standard bigint not null,
  pruned_high_volume bigint not null
);
-- A real org's numbers are large; a small one that somebody made up must be found invalid.
insert into stream_state values (true, 1000000, '-infinity', 1000000, 1000000);
