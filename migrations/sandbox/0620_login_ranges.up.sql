-- From which addresses the users of a profile may log in; from anywhere where nothing stands.
create table profile_login_ranges (
  profile_id    text collate "C" not null,
  start_address inet not null,
  end_address   inet not null
);
create index profile_login_ranges_profile on profile_login_ranges (profile_id);
