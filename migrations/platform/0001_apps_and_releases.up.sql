-- Who may ask, and for what. A token is kept as its SHA-256 only.
create table users (
  id uuid primary key,
  email text not null,
  name text,
  -- A service account reads what its service needs (see core/permission.ts) and owns nothing.
  service text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create unique index users_email on users (lower(email));

create table authorizations (
  id uuid primary key,
  user_id uuid not null references users on delete cascade,
  token_hash bytea not null unique,
  description text not null,
  expires_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index authorizations_user on authorizations (user_id);

create table apps (
  id uuid primary key,
  name text not null unique,
  owner_id uuid not null references users,
  stack text not null,
  region text not null,
  maintenance boolean not null default false,
  -- Set when a destroy was asked for. Its dynos stop and its add-ons go before the row does.
  destroying_at timestamptz,
  released_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index apps_owner on apps (owner_id);

create table collaborators (
  id uuid primary key,
  app_id uuid not null references apps on delete cascade,
  user_id uuid not null references users on delete cascade,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (app_id, user_id)
);
create index collaborators_user on collaborators (user_id);

-- What a build makes. The archive is the file slugs/<sha256> of the platform's home: the same content is stored once.
create table slugs (
  id uuid primary key,
  app_id uuid not null references apps on delete cascade,
  sha256 text not null,
  size bigint not null,
  -- {"web": "node server.ts", ...}
  process_types jsonb not null,
  stack text not null,
  commit text,
  commit_description text,
  buildpack text,
  created_at timestamptz not null default now()
);
create index slugs_app on slugs (app_id);

-- Slug, config vars and add-on plans as they were at one moment. Never changed after, but for its status.
create table releases (
  id uuid primary key,
  app_id uuid not null references apps on delete cascade,
  version integer not null check (version > 0),
  slug_id uuid references slugs,
  -- All config vars of the app, as JSON, sealed for the app.
  config_sealed text not null,
  -- Which of them came from add-ons: a rollback leaves those as they are now.
  addon_config_names jsonb not null,
  addon_plans jsonb not null,
  description text not null,
  user_id uuid not null references users,
  -- pending: its release phase runs. Only a succeeded release runs dynos.
  status text not null check (status in ('pending', 'succeeded', 'failed')),
  -- The secret of its output stream's URL; null when it has no release phase.
  output_key text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (app_id, version)
);
create index releases_current on releases (app_id, version desc) where status = 'succeeded';

create table formation (
  id uuid primary key,
  app_id uuid not null references apps on delete cascade,
  type text not null,
  quantity integer not null check (quantity >= 0),
  size text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (app_id, type)
);

-- What was started: one row for each start, written by the dyno manager. While a release is switched two rows have one name.
create table dynos (
  id uuid primary key,
  app_id uuid not null references apps on delete cascade,
  release_id uuid not null references releases on delete cascade,
  type text not null,
  number integer not null,
  name text not null,
  size text not null,
  command text not null,
  state text not null,
  -- The port the dyno listens on, of a web dyno.
  port integer,
  -- What the driver needs to find it again (process id and start time, container id, pod name).
  handle jsonb,
  -- Asked for through the API: 'restart' or 'stop'.
  asked text check (asked in ('restart', 'stop')),
  -- One-off dynos (heroku run, release phase): their own environment, sealed for the app.
  one_off boolean not null default false,
  env_sealed text,
  exit_code integer,
  crashes integer not null default 0,
  start_after timestamptz,
  cycle_at timestamptz,
  started_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index dynos_app on dynos (app_id, type, number);
create index dynos_release on dynos (release_id);

-- A change to what should run is a hint to the dyno manager and the router: look now.
create function notify_app_changed() returns trigger language plpgsql as $$
begin
  perform pg_notify('landbridge_app', coalesce(new.app_id, old.app_id)::text);
  return null;
end $$;
create function notify_app_itself_changed() returns trigger language plpgsql as $$
begin
  perform pg_notify('landbridge_app', coalesce(new.id, old.id)::text);
  return null;
end $$;
create trigger apps_changed after insert or update or delete on apps
  for each row execute function notify_app_itself_changed();
create trigger releases_changed after insert or update of status on releases
  for each row execute function notify_app_changed();
create trigger formation_changed after insert or update or delete on formation
  for each row execute function notify_app_changed();
create trigger dynos_asked after update of asked on dynos
  for each row when (new.asked is not null) execute function notify_app_changed();
create trigger dynos_one_off after insert on dynos
  for each row when (new.one_off) execute function notify_app_changed();
