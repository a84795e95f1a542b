create table public.addon_attachments (
  id uuid not null,
  addon_id uuid not null,
  app_id uuid not null,
  name text not null,
  namespace text,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  constraint addon_attachments_addon_id_fkey FOREIGN KEY (addon_id) REFERENCES addons(id) ON DELETE CASCADE,
  constraint addon_attachments_app_id_fkey FOREIGN KEY (app_id) REFERENCES apps(id) ON DELETE CASCADE,
  constraint addon_attachments_app_id_name_key UNIQUE (app_id, name),
  constraint addon_attachments_pkey PRIMARY KEY (id)
);

create table public.addons (
  id uuid not null,
  app_id uuid not null,
  service text not null,
  plan text not null,
  name text not null,
  options jsonb not null default '{}'::jsonb,
  state text not null,
  provider_id text,
  provision_message text,
  config_sealed text,
  failure text,
  attempts integer not null default 0,
  try_after timestamp with time zone not null default now(),
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  constraint addons_app_id_fkey FOREIGN KEY (app_id) REFERENCES apps(id),
  constraint addons_name_key UNIQUE (name),
  constraint addons_pkey PRIMARY KEY (id),
  constraint addons_state_check CHECK ((state = ANY (ARRAY['provisioning'::text, 'provisioned'::text, 'deprovisioning'::text])))
);

create table public.app_setups (
  id uuid not null,
  app_id uuid not null,
  user_id uuid not null,
  source_url text not null,
  source_checksum text,
  source_version text,
  overrides_sealed text not null,
  status text not null,
  failure_message text,
  manifest_errors jsonb not null default '[]'::jsonb,
  build_id uuid,
  postdeploy jsonb,
  success_url text,
  leased_until timestamp with time zone,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  constraint app_setups_app_id_fkey FOREIGN KEY (app_id) REFERENCES apps(id) ON DELETE CASCADE,
  constraint app_setups_build_id_fkey FOREIGN KEY (build_id) REFERENCES builds(id) ON DELETE SET NULL,
  constraint app_setups_pkey PRIMARY KEY (id),
  constraint app_setups_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'succeeded'::text, 'failed'::text]))),
  constraint app_setups_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id)
);

create table public.apps (
  id uuid not null,
  name text not null,
  owner_id uuid not null,
  stack text not null,
  region text not null,
  maintenance boolean not null default false,
  destroying_at timestamp with time zone,
  released_at timestamp with time zone,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  constraint apps_name_key UNIQUE (name),
  constraint apps_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES users(id),
  constraint apps_pkey PRIMARY KEY (id)
);

create table public.authorizations (
  id uuid not null,
  user_id uuid not null,
  token_hash bytea not null,
  description text not null,
  expires_at timestamp with time zone,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  constraint authorizations_pkey PRIMARY KEY (id),
  constraint authorizations_token_hash_key UNIQUE (token_hash),
  constraint authorizations_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
);

create table public.builds (
  id uuid not null,
  app_id uuid not null,
  user_id uuid not null,
  source_url text not null,
  source_version text,
  source_checksum text,
  source_version_description text,
  buildpacks jsonb not null,
  status text not null,
  slug_id uuid,
  release_id uuid,
  failure text,
  output_key text not null,
  leased_until timestamp with time zone,
  attempts integer not null default 0,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  constraint builds_app_id_fkey FOREIGN KEY (app_id) REFERENCES apps(id) ON DELETE CASCADE,
  constraint builds_pkey PRIMARY KEY (id),
  constraint builds_release_id_fkey FOREIGN KEY (release_id) REFERENCES releases(id),
  constraint builds_slug_id_fkey FOREIGN KEY (slug_id) REFERENCES slugs(id),
  constraint builds_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'succeeded'::text, 'failed'::text]))),
  constraint builds_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id)
);

create table public.collaborators (
  id uuid not null,
  app_id uuid not null,
  user_id uuid not null,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  constraint collaborators_app_id_fkey FOREIGN KEY (app_id) REFERENCES apps(id) ON DELETE CASCADE,
  constraint collaborators_app_id_user_id_key UNIQUE (app_id, user_id),
  constraint collaborators_pkey PRIMARY KEY (id),
  constraint collaborators_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
);

create table public.config_vars (
  app_id uuid not null,
  name text not null,
  value_sealed text not null,
  updated_at timestamp with time zone not null default now(),
  constraint config_vars_app_id_fkey FOREIGN KEY (app_id) REFERENCES apps(id) ON DELETE CASCADE,
  constraint config_vars_pkey PRIMARY KEY (app_id, name)
);

create table public.dynos (
  id uuid not null,
  app_id uuid not null,
  release_id uuid not null,
  type text not null,
  number integer not null,
  name text not null,
  size text not null,
  command text not null,
  state text not null,
  port integer,
  handle jsonb,
  asked text,
  one_off boolean not null default false,
  env_sealed text,
  exit_code integer,
  crashes integer not null default 0,
  start_after timestamp with time zone,
  cycle_at timestamp with time zone,
  started_at timestamp with time zone,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  constraint dynos_app_id_fkey FOREIGN KEY (app_id) REFERENCES apps(id) ON DELETE CASCADE,
  constraint dynos_asked_check CHECK ((asked = ANY (ARRAY['restart'::text, 'stop'::text]))),
  constraint dynos_pkey PRIMARY KEY (id),
  constraint dynos_release_id_fkey FOREIGN KEY (release_id) REFERENCES releases(id) ON DELETE CASCADE
);

create table public.formation (
  id uuid not null,
  app_id uuid not null,
  type text not null,
  quantity integer not null,
  size text not null,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  constraint formation_app_id_fkey FOREIGN KEY (app_id) REFERENCES apps(id) ON DELETE CASCADE,
  constraint formation_app_id_type_key UNIQUE (app_id, type),
  constraint formation_pkey PRIMARY KEY (id),
  constraint formation_quantity_check CHECK ((quantity >= 0))
);

create table public.releases (
  id uuid not null,
  app_id uuid not null,
  version integer not null,
  slug_id uuid,
  config_sealed text not null,
  addon_config_names jsonb not null,
  addon_plans jsonb not null,
  description text not null,
  user_id uuid not null,
  status text not null,
  output_key text,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  constraint releases_app_id_fkey FOREIGN KEY (app_id) REFERENCES apps(id) ON DELETE CASCADE,
  constraint releases_app_id_version_key UNIQUE (app_id, version),
  constraint releases_pkey PRIMARY KEY (id),
  constraint releases_slug_id_fkey FOREIGN KEY (slug_id) REFERENCES slugs(id),
  constraint releases_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'succeeded'::text, 'failed'::text]))),
  constraint releases_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id),
  constraint releases_version_check CHECK ((version > 0))
);

create table public.slugs (
  id uuid not null,
  app_id uuid not null,
  sha256 text not null,
  size bigint not null,
  process_types jsonb not null,
  stack text not null,
  commit text,
  commit_description text,
  buildpack text,
  created_at timestamp with time zone not null default now(),
  constraint slugs_app_id_fkey FOREIGN KEY (app_id) REFERENCES apps(id) ON DELETE CASCADE,
  constraint slugs_pkey PRIMARY KEY (id)
);

create table public.sources (
  id uuid not null,
  user_id uuid not null,
  key_hash bytea not null,
  size bigint,
  created_at timestamp with time zone not null default now(),
  constraint sources_pkey PRIMARY KEY (id),
  constraint sources_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
);

create table public.users (
  id uuid not null,
  email text not null,
  name text,
  service text,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  constraint users_pkey PRIMARY KEY (id)
);

CREATE INDEX addon_attachments_addon ON public.addon_attachments USING btree (addon_id);

CREATE INDEX addons_app ON public.addons USING btree (app_id);

CREATE INDEX addons_unsettled ON public.addons USING btree (try_after) WHERE (state <> 'provisioned'::text);

CREATE INDEX app_setups_pending ON public.app_setups USING btree (created_at) WHERE (status = 'pending'::text);

CREATE INDEX apps_owner ON public.apps USING btree (owner_id);

CREATE INDEX authorizations_user ON public.authorizations USING btree (user_id);

CREATE INDEX builds_app ON public.builds USING btree (app_id, created_at);

CREATE INDEX builds_pending ON public.builds USING btree (created_at) WHERE (status = 'pending'::text);

CREATE INDEX collaborators_user ON public.collaborators USING btree (user_id);

CREATE INDEX dynos_app ON public.dynos USING btree (app_id, type, number);

CREATE INDEX dynos_release ON public.dynos USING btree (release_id);

CREATE INDEX releases_current ON public.releases USING btree (app_id, version DESC) WHERE (status = 'succeeded'::text);

CREATE INDEX slugs_app ON public.slugs USING btree (app_id);

CREATE UNIQUE INDEX users_email ON public.users USING btree (lower(email));

CREATE OR REPLACE FUNCTION public.notify_app_changed()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  perform pg_notify('landbridge_app', coalesce(new.app_id, old.app_id)::text);
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.notify_app_itself_changed()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  perform pg_notify('landbridge_app', coalesce(new.id, old.id)::text);
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.notify_work()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  perform pg_notify('landbridge_work', tg_table_name);
  return null;
end $function$;

CREATE TRIGGER config_of_addons_changed AFTER INSERT OR DELETE ON public.addon_attachments FOR EACH ROW EXECUTE FUNCTION notify_app_changed();

CREATE TRIGGER addons_wait AFTER INSERT OR UPDATE OF state ON public.addons FOR EACH ROW EXECUTE FUNCTION notify_work();

CREATE TRIGGER app_setups_wait AFTER INSERT ON public.app_setups FOR EACH ROW EXECUTE FUNCTION notify_work();

CREATE TRIGGER apps_changed AFTER INSERT OR DELETE OR UPDATE ON public.apps FOR EACH ROW EXECUTE FUNCTION notify_app_itself_changed();

CREATE TRIGGER builds_wait AFTER INSERT ON public.builds FOR EACH ROW EXECUTE FUNCTION notify_work();

CREATE TRIGGER dynos_asked AFTER UPDATE OF asked ON public.dynos FOR EACH ROW WHEN ((new.asked IS NOT NULL)) EXECUTE FUNCTION notify_app_changed();

CREATE TRIGGER dynos_one_off AFTER INSERT ON public.dynos FOR EACH ROW WHEN (new.one_off) EXECUTE FUNCTION notify_app_changed();

CREATE TRIGGER formation_changed AFTER INSERT OR DELETE OR UPDATE ON public.formation FOR EACH ROW EXECUTE FUNCTION notify_app_changed();

CREATE TRIGGER releases_changed AFTER INSERT OR UPDATE OF status ON public.releases FOR EACH ROW EXECUTE FUNCTION notify_app_changed();

CREATE TRIGGER releases_wait AFTER INSERT ON public.releases FOR EACH ROW WHEN ((new.status = 'pending'::text)) EXECUTE FUNCTION notify_work();
