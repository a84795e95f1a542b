-- Sharing rules as they were deployed. Groups stand by their ids, so that renaming one changes nothing.
create table sharing_rules (
  object     text not null,
  name       text not null,
  kind       text not null check (kind in ('owner', 'criteria')),
  from_group text collate "C",
  to_group   text not null collate "C",
  level      text not null check (level in ('Read', 'Edit')),
  condition  text,
  definition jsonb not null,
  primary key (object, name)
);
