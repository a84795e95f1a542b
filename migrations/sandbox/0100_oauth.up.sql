-- Who may enter the org and by which application. Every token, code and password is stored as a hash alone.

create table oauth_credentials (
  user_id text collate "C" primary key,
  password_hash text not null,
  failures integer not null default 0,
  locked_until timestamptz
);

create table oauth_apps (
  client_id text collate "C" primary key,
  name text not null,
  -- Null for a public client, which proves itself by PKCE and its callback alone.
  secret_hash text,
  callback_urls text[] not null,
  scopes text[] not null,
  pkce_required boolean not null default false,
  -- Admin-approved apps refuse every user who is not named in approved_users.
  admin_approved_only boolean not null default false,
  approved_users text[] not null default '{}',
  -- PEM of an X.509 certificate or public key: what JWT bearer assertions are verified with.
  certificate text,
  -- The user the client credentials flow runs as.
  run_as_username text,
  rotates_refresh_tokens boolean not null default false,
  -- Null: a refresh token is valid until revoked.
  refresh_token_lifetime_seconds integer,
  -- Null: as the org has it.
  session_timeout_seconds integer,
  created_at timestamptz not null
);

-- One approval of one app by one user. Revoking it ends every token that came of it.
create table oauth_grants (
  id uuid primary key,
  client_id text collate "C" not null references oauth_apps on delete cascade,
  user_id text collate "C" not null,
  scopes text[] not null,
  created_at timestamptz not null,
  revoked_at timestamptz
);
create index oauth_grants_of_user on oauth_grants (user_id, client_id) where revoked_at is null;

create table oauth_refresh_tokens (
  token_hash bytea primary key,
  grant_id uuid not null references oauth_grants on delete cascade,
  created_at timestamptz not null,
  expires_at timestamptz,
  -- Set when rotation replaced it: its use afterwards means it was stolen, and ends the grant.
  replaced_at timestamptz
);
create index oauth_refresh_tokens_of_grant on oauth_refresh_tokens (grant_id);

create table oauth_sessions (
  token_hash bytea primary key,
  kind text not null check (kind in ('oauth', 'browser', 'soap')),
  grant_id uuid references oauth_grants on delete cascade,
  client_id text collate "C" references oauth_apps on delete cascade,
  user_id text collate "C" not null,
  scopes text[] not null,
  issued_at timestamptz not null,
  expires_at timestamptz not null,
  timeout_seconds integer not null
);
create index oauth_sessions_by_expiry on oauth_sessions (expires_at);
create index oauth_sessions_of_grant on oauth_sessions (grant_id);

-- An authorization that a browser has begun: kept here while the user logs in and decides.
create table oauth_authorizations (
  id_hash bytea primary key,
  request jsonb not null,
  expires_at timestamptz not null
);
create index oauth_authorizations_by_expiry on oauth_authorizations (expires_at);

create table oauth_codes (
  code_hash bytea primary key,
  grant_id uuid not null references oauth_grants on delete cascade,
  redirect_uri text not null,
  -- The S256 challenge; null when the client sent none.
  challenge text,
  nonce text,
  expires_at timestamptz not null,
  used_at timestamptz
);
create index oauth_codes_by_expiry on oauth_codes (expires_at);

create table oauth_device_codes (
  device_code_hash bytea primary key,
  user_code text collate "C" not null unique,
  client_id text collate "C" not null references oauth_apps on delete cascade,
  scopes text[] not null,
  state text not null default 'pending' check (state in ('pending', 'approved', 'denied', 'used')),
  user_id text collate "C",
  polled_at timestamptz,
  expires_at timestamptz not null
);
create index oauth_device_codes_by_expiry on oauth_device_codes (expires_at);
