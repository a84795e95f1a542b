delete from oauth_sessions where kind = 'front_door';
alter table oauth_sessions drop constraint oauth_sessions_kind_check;
alter table oauth_sessions add constraint oauth_sessions_kind_check check (kind in ('oauth', 'browser', 'soap'));
