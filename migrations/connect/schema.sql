create table public.authorization_attempt (
  state_hash text not null,
  connection_id uuid not null,
  environment text not null,
  login_url text not null,
  verifier_sealed text not null,
  next_url text,
  expires_at timestamp with time zone not null,
  constraint authorization_attempt_connection_id_fkey FOREIGN KEY (connection_id) REFERENCES connection(id) ON DELETE CASCADE,
  constraint authorization_attempt_environment_check CHECK ((environment = ANY (ARRAY['production'::text, 'sandbox'::text, 'custom'::text]))),
  constraint authorization_attempt_pkey PRIMARY KEY (state_hash)
);

create table public.authorization_grant (
  connection_id uuid not null,
  kind text not null,
  environment text not null,
  login_url text not null,
  instance_url text not null,
  organization_id text not null,
  user_id text not null,
  username text not null,
  refresh_token_sealed text,
  access_token_sealed text not null,
  authorized_at timestamp with time zone not null default now(),
  constraint authorization_grant_check CHECK (((kind = 'refresh_token'::text) = (refresh_token_sealed IS NOT NULL))),
  constraint authorization_grant_connection_id_fkey FOREIGN KEY (connection_id) REFERENCES connection(id) ON DELETE CASCADE,
  constraint authorization_grant_environment_check CHECK ((environment = ANY (ARRAY['production'::text, 'sandbox'::text, 'custom'::text]))),
  constraint authorization_grant_kind_check CHECK ((kind = ANY (ARRAY['refresh_token'::text, 'jwt_bearer'::text, 'client_credentials'::text]))),
  constraint authorization_grant_pkey PRIMARY KEY (connection_id)
);

create table public.connection (
  id uuid not null,
  serial_id integer not null generated always as identity,
  resource_id uuid not null,
  resource_name text not null,
  app_id uuid,
  app_name text not null,
  plan text not null,
  region text not null,
  db_key text,
  schema_name text,
  paused boolean not null default false,
  revision integer not null default 0,
  features json not null default '{}'::json,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  constraint connection_pkey PRIMARY KEY (id),
  constraint connection_resource_id_key UNIQUE (resource_id),
  constraint connection_serial_id_key UNIQUE (serial_id)
);

create table public.mapping (
  id uuid not null,
  serial_id integer not null generated always as identity,
  connection_id uuid not null,
  object_name text not null,
  config json not null,
  revision integer not null default 1,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  applied_at timestamp with time zone,
  constraint mapping_connection_id_fkey FOREIGN KEY (connection_id) REFERENCES connection(id) ON DELETE CASCADE,
  constraint mapping_pkey PRIMARY KEY (id),
  constraint mapping_serial_id_key UNIQUE (serial_id)
);

create table public.notification (
  id bigint not null generated always as identity,
  connection_id uuid not null,
  event_type text not null,
  message text not null,
  created_at timestamp with time zone not null default now(),
  acknowledged_at timestamp with time zone,
  constraint notification_connection_id_fkey FOREIGN KEY (connection_id) REFERENCES connection(id) ON DELETE CASCADE,
  constraint notification_pkey PRIMARY KEY (id)
);

CREATE INDEX authorization_attempt_connection ON public.authorization_attempt USING btree (connection_id);

CREATE INDEX connection_app_name ON public.connection USING btree (app_name);

CREATE UNIQUE INDEX mapping_object ON public.mapping USING btree (connection_id, lower(object_name));

CREATE INDEX notification_unacknowledged ON public.notification USING btree (connection_id, created_at) WHERE (acknowledged_at IS NULL);
