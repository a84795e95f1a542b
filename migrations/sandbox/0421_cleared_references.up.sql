-- The lookups that a deletion has emptied, so that undeleting gives them back.
create table cleared_references (
  deletion  text not null collate "C",
  entity    text not null,
  field     text not null,
  record_id text not null collate "C",
  parent_id text not null collate "C"
);
create index cleared_references_deletion on cleared_references (deletion);
create index cleared_references_parent on cleared_references (parent_id);
