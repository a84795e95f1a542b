import type { Secrets } from './home.ts';
import type { StartConfig } from './start-config.ts';

export interface ServiceEnvironments {
  readonly sandbox: Readonly<Record<string, string>>;
  readonly connect: Readonly<Record<string, string>>;
  readonly platform: Readonly<Record<string, string>>;
  /** The variables of `$LANDBRIDGE_HOME/env`, for clients. */
  readonly clients: Readonly<Record<string, string>>;
}

export interface EnvironmentOptions {
  readonly config: StartConfig;
  readonly secrets: Secrets;
  readonly adminUrl: string;
  readonly databases: {
    readonly platform: string;
    readonly connect: string;
    readonly sandbox: string;
  };
  readonly readinessUrl: string;
  /** A folder. */
  readonly compileCache: string;
  readonly inherited: NodeJS.ProcessEnv;
}

/** What is passed on to the services of our own environment: what finding programs and the network needs, no secret. */
const PASSED_ON = [
  'PATH',
  'HOME',
  'USER',
  'LANG',
  'TMPDIR',
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'http_proxy',
  'https_proxy',
  'NO_PROXY',
  'no_proxy',
  'npm_config_registry',
  'npm_config_userconfig',
  'NPM_CONFIG_REGISTRY',
  'NPM_CONFIG_USERCONFIG',
  'NPM_CONFIG_CAFILE',
  'npm_config_cafile',
] as const;

/** Settings of the services that a user may give to `npm start` and that go through; not the administrator's URL. */
function isUsersOwn(name: string): boolean {
  return /^(LANDBRIDGE_|SF_)[A-Z0-9_]+$/.test(name) && name !== 'LANDBRIDGE_DATABASE_URL';
}

export function serviceEnvironments(options: EnvironmentOptions): ServiceEnvironments {
  const { config, secrets, adminUrl, databases, readinessUrl, compileCache, inherited } = options;
  const { ports, home, logLevel } = config;
  const platformUrl = `http://localhost:${ports.platform}`;
  const orgUrl = `http://127.0.0.1:${ports.org}`;
  const connectUrl = `http://127.0.0.1:${ports.connect}`;
  const common = {
    ...pick(inherited, (name) => PASSED_ON.some((one) => one === name) || isUsersOwn(name)),
    LANDBRIDGE_HOME: home,
    LANDBRIDGE_LOG_LEVEL: logLevel,
    // Node keeps what it made of our TypeScript: a service starts in half the time and needs 15 MB less.
    NODE_COMPILE_CACHE: compileCache,
    // One arena for each core would keep the memory of bursts for ever (glibc).
    MALLOC_ARENA_MAX: '2',
  };
  const partner = {
    LANDBRIDGE_CONNECT_PASSWORD: secrets.connectPassword,
    LANDBRIDGE_CONNECT_PLATFORM_TOKEN: secrets.connectPlatformToken,
  };
  return {
    sandbox: {
      ...common,
      LANDBRIDGE_ORG_PORT: String(ports.org),
      LANDBRIDGE_ORG_DATABASE_URL: databases.sandbox,
      LANDBRIDGE_ORG_PASSWORD: secrets.orgPassword,
      LANDBRIDGE_ORG_CLIENT_ID: secrets.orgClientId,
      LANDBRIDGE_ORG_CLIENT_SECRET: secrets.orgClientSecret,
      LANDBRIDGE_ORG_CALLBACK_URL: `${platformUrl}/oauth/salesforce/callback`,
    },
    connect: {
      ...common,
      ...partner,
      LANDBRIDGE_CONNECT_PORT: String(ports.connect),
      LANDBRIDGE_CONNECT_DATABASE_URL: databases.connect,
      LANDBRIDGE_CONNECT_PUBLIC_URL: platformUrl,
      LANDBRIDGE_PLATFORM_URL: platformUrl,
      // A connected app of the user's own (README, "A real org") wins over the sandbox org's.
      SF_CLIENT_ID: inherited['SF_CLIENT_ID'] ?? secrets.orgClientId,
      SF_CLIENT_SECRET: inherited['SF_CLIENT_SECRET'] ?? secrets.orgClientSecret,
      SF_LOGIN_URL: inherited['SF_LOGIN_URL'] ?? orgUrl,
      // The sandbox org ends a statement after two minutes (its limits.ts), far sooner than Salesforce a request.
      LANDBRIDGE_SF_HOSTS_APPLY_WITHIN_MS:
        inherited['LANDBRIDGE_SF_HOSTS_APPLY_WITHIN_MS'] ?? '150000',
      LANDBRIDGE_SF_HOSTS: [
        `127.0.0.1:${ports.org}`,
        `localhost:${ports.org}`,
        inherited['LANDBRIDGE_SF_HOSTS'],
      ]
        .filter((host) => host !== undefined && host !== '')
        .join(','),
    },
    platform: {
      ...common,
      ...partner,
      LANDBRIDGE_PORT: String(ports.platform),
      LANDBRIDGE_APPS_PORT: String(ports.apps),
      LANDBRIDGE_APPS_TLS_PORT: String(ports.appsTls),
      LANDBRIDGE_PLATFORM_DATABASE_URL: databases.platform,
      LANDBRIDGE_ADMIN_DATABASE_URL: adminUrl,
      LANDBRIDGE_API_KEY: secrets.apiKey,
      LANDBRIDGE_CONNECT_URL: connectUrl,
      LANDBRIDGE_HEALTH_PARTS: [
        `sandbox=${orgUrl}/health`,
        `connect=${connectUrl}/health`,
        `setup=${readinessUrl}`,
      ].join(','),
    },
    clients: {
      HEROKU_HOST: platformUrl,
      HEROKU_API_KEY: secrets.apiKey,
      HEROKU_DATA_HOST: 'localhost',
      HEROKU_PARTICLEBOARD_URL: platformUrl,
      HEROKU_LOGIN_HOST: platformUrl,
      HEROKU_BUILDPACK_REGISTRY_URL: platformUrl,
      HEROKU_STATUS_HOST: platformUrl,
      HEROKU_EXEC_URL: `https://localhost:${ports.platform}/`,
      HEROKU_CI_WEBSOCKET_URL: `ws://localhost:${ports.platform}/socket`,
      HEROKU_ANALYTICS_URL: `${platformUrl}/hamurai`,
      HEROKU_NETRC_WRITE: 'true',
      DISABLE_TELEMETRY: 'true',
      CONNECT_DISCOVERY_SERVER: platformUrl,
      SF_ORG_INSTANCE_URL: orgUrl,
    },
  };
}

function pick(
  environment: NodeJS.ProcessEnv,
  wanted: (name: string) => boolean,
): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && value !== '' && wanted(name)) found[name] = value;
  }
  return found;
}
