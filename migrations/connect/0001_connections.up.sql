-- A connection: one add-on, one schema of one application's database, one Salesforce org.
create table connection (
  id uuid primary key,
  serial_id integer generated always as identity unique,
  -- The add-on's uuid, under which the platform made it: making it again finds this row.
  resource_id uuid not null unique,
  resource_name text not null,
  app_id uuid,
  app_name text not null,
  plan text not null,
  region text not null,
  db_key text,
  schema_name text,
  paused boolean not null default false,
  -- Bounds what may still be in doubt after an edit: an older edit does not win over a newer one.
  revision integer not null default 0,
  features json not null default '{}',
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now()
);
create index connection_app_name on connection (app_name);

-- How a connection gets into its org. Secrets are sealed with the key file, bound to the connection and their kind.
create table authorization_grant (
  connection_id uuid primary key references connection on delete cascade,
  kind text not null check (kind in ('refresh_token', 'jwt_bearer', 'client_credentials')),
  environment text not null check (environment in ('production', 'sandbox', 'custom')),
  login_url text not null,
  instance_url text not null,
  organization_id text not null,
  user_id text not null,
  username text not null,
  refresh_token_sealed text,
  access_token_sealed text not null,
  authorized_at timestamp with time zone not null default now(),
  check ((kind = 'refresh_token') = (refresh_token_sealed is not null))
);

-- A browser that was sent to Salesforce's login page and has not come back yet. Used once.
create table authorization_attempt (
  state_hash text primary key,
  connection_id uuid not null references connection on delete cascade,
  environment text not null check (environment in ('production', 'sandbox', 'custom')),
  login_url text not null,
  verifier_sealed text not null,
  next_url text,
  expires_at timestamp with time zone not null
);
create index authorization_attempt_connection on authorization_attempt (connection_id);

create table mapping (
  id uuid primary key,
  serial_id integer generated always as identity unique,
  connection_id uuid not null references connection on delete cascade,
  object_name text not null,
  -- Word for word as its owner wrote it (json keeps the order of keys, jsonb does not): an export equals the import.
  config json not null,
  revision integer not null default 1,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  applied_at timestamp with time zone
);
create unique index mapping_object on mapping (connection_id, lower(object_name));

create table notification (
  id bigint generated always as identity primary key,
  connection_id uuid not null references connection on delete cascade,
  event_type text not null,
  message text not null,
  created_at timestamp with time zone not null default now(),
  acknowledged_at timestamp with time zone
);
create index notification_unacknowledged on notification (connection_id, created_at) where acknowledged_at is null;
