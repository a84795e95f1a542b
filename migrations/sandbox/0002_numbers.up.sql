-- The number in every record id; one for all objects.
create sequence record_number;

-- Records deleted for good: /deleted still tells of them.
create table hard_deletions (
  entity     text not null,
  record_id  text not null collate "C",
  deleted_at timestamptz not null,
  primary key (entity, record_id)
);
create index hard_deletions_time on hard_deletions (entity, deleted_at);

-- The pages of a query that has more rows than one page: which records, in which order.
create table query_cursors (
  id          text primary key,
  user_id     text not null collate "C",
  object      text not null,
  query       text not null,
  all_rows    boolean not null,
  total       bigint not null,
  batch_size  integer not null,
  created_at  timestamptz not null
);
create table query_cursor_pages (
  cursor_id text not null references query_cursors (id) on delete cascade,
  number    integer not null,
  ids       text[] not null,
  primary key (cursor_id, number)
);
