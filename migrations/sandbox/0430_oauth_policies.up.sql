-- Keys the org signs with, encrypted with the key file of its home.
create table oauth_signing_keys (
  kid        text collate "C" primary key,
  sealed     text not null,
  created_at timestamptz not null
);

-- Apps that were deployed are known by their names as well.
alter table oauth_apps add column developer_name text unique;
-- Whoever has one of these profiles may use an app that administrators approve.
alter table oauth_apps add column approved_profiles text[] not null default '{}';
-- Access tokens that can be read (RFC 9068), instead of opaque ones.
alter table oauth_apps add column jwt_access_tokens boolean not null default false;
-- A refresh token that has not been used for so long is refused; null: never.
alter table oauth_apps add column refresh_token_idle_seconds integer;

alter table oauth_refresh_tokens add column used_at timestamptz;
