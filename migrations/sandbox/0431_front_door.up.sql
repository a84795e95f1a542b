-- A word that opens the org's pages once is a session of a kind of its own, so that no other token can stand in for it.
alter table oauth_sessions drop constraint oauth_sessions_kind_check;
alter table oauth_sessions add constraint oauth_sessions_kind_check check (kind in ('oauth', 'browser', 'soap', 'front_door'));
