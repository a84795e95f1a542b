alter table oauth_refresh_tokens drop column used_at;
alter table oauth_apps drop column refresh_token_idle_seconds, drop column jwt_access_tokens, drop column approved_profiles, drop column developer_name;
drop table oauth_signing_keys;
