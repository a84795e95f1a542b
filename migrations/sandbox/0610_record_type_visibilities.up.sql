-- Which record types a permission set, a profile's own one included, lets its users give, and which is their default.
create table record_type_visibilities (
  set_id      text not null collate "C",
  object      text not null,
  record_type text not null,
  visible     boolean not null,
  is_default  boolean not null,
  primary key (set_id, record_type)
);
