-- An uploaded source: the file sources/<id> of the platform's home, put and fetched with the key in its URL.
create table sources (
  id uuid primary key,
  user_id uuid not null references users on delete cascade,
  key_hash bytea not null,
  -- Null until the upload is whole.
  size bigint,
  created_at timestamptz not null default now()
);

create table builds (
  id uuid primary key,
  app_id uuid not null references apps on delete cascade,
  user_id uuid not null references users,
  source_url text not null,
  source_version text,
  source_checksum text,
  source_version_description text,
  buildpacks jsonb not null,
  status text not null check (status in ('pending', 'succeeded', 'failed')),
  slug_id uuid references slugs,
  release_id uuid references releases,
  failure text,
  -- The secret of its output stream's URL.
  output_key text not null,
  -- Held by a builder that is alive; when it passes, the builder died and another one takes the build over.
  leased_until timestamptz,
  attempts integer not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index builds_app on builds (app_id, created_at);
create index builds_pending on builds (created_at) where status = 'pending';

create table addons (
  id uuid primary key,
  app_id uuid not null references apps,
  service text not null,
  plan text not null,
  name text not null unique,
  options jsonb not null default '{}',
  state text not null check (state in ('provisioning', 'provisioned', 'deprovisioning')),
  -- What the provider calls it.
  provider_id text,
  provision_message text,
  -- {"URL": "postgres://..."}: the provider's values, as JSON, sealed for the add-on. Null until provisioned.
  config_sealed text,
  -- The last failure to reach the provider, for the person who waits, and when to try again.
  failure text,
  attempts integer not null default 0,
  try_after timestamptz not null default now(),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index addons_app on addons (app_id);
create index addons_unsettled on addons (try_after) where state <> 'provisioned';

create table addon_attachments (
  id uuid primary key,
  addon_id uuid not null references addons on delete cascade,
  app_id uuid not null references apps on delete cascade,
  -- DATABASE: its config var is DATABASE_URL.
  name text not null,
  namespace text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (app_id, name)
);
create index addon_attachments_addon on addon_attachments (addon_id);

-- The config vars people set. Those of attachments are derived from the add-ons.
create table config_vars (
  app_id uuid not null references apps on delete cascade,
  name text not null,
  -- Sealed for the app and the name.
  value_sealed text not null,
  updated_at timestamptz not null default now(),
  primary key (app_id, name)
);

create table app_setups (
  id uuid primary key,
  app_id uuid not null references apps on delete cascade,
  user_id uuid not null references users,
  source_url text not null,
  source_checksum text,
  source_version text,
  -- {"env": {...}, "buildpacks": [...]}, sealed for the app.
  overrides_sealed text not null,
  status text not null check (status in ('pending', 'succeeded', 'failed')),
  failure_message text,
  manifest_errors jsonb not null default '[]',
  build_id uuid references builds on delete set null,
  postdeploy jsonb,
  success_url text,
  leased_until timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index app_setups_pending on app_setups (created_at) where status = 'pending';

create trigger config_of_addons_changed after insert or delete on addon_attachments
  for each row execute function notify_app_changed();

-- Work for the builder and the add-on providers: a hint to look now.
create function notify_work() returns trigger language plpgsql as $$
begin
  perform pg_notify('landbridge_work', tg_table_name);
  return null;
end $$;
create trigger builds_wait after insert on builds for each row execute function notify_work();
create trigger addons_wait after insert or update of state on addons for each row execute function notify_work();
create trigger releases_wait after insert on releases for each row when (new.status = 'pending') execute function notify_work();
create trigger app_setups_wait after insert on app_setups for each row execute function notify_work();
