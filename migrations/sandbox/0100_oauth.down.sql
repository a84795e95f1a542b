drop table oauth_device_codes;
drop table oauth_codes;
drop table oauth_authorizations;
drop table oauth_sessions;
drop table oauth_refresh_tokens;
drop table oauth_grants;
drop table oauth_apps;
drop table oauth_credentials;
