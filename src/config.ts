import { homedir } from 'node:os';
import { join } from 'node:path';

import { z } from 'zod';

import { fault } from './faults.ts';

const Port = z.coerce.number().int().min(0).max(65_535);
const Url = z.url({ protocol: /^https?$/ });
const DatabaseUrl = z.url({ protocol: /^postgres(ql)?$/ });
/** Long enough that nobody guesses it. */
const Secret = z.string().min(16, 'must have at least 16 characters');

const Environment = z.object({
  LANDBRIDGE_PORT: Port.default(5055),
  LANDBRIDGE_APPS_PORT: Port.default(5080),
  LANDBRIDGE_APPS_TLS_PORT: Port.default(5443),
  LANDBRIDGE_PLATFORM_DATABASE_URL: DatabaseUrl,
  LANDBRIDGE_ADMIN_DATABASE_URL: DatabaseUrl,
  LANDBRIDGE_HOME: z.string().min(1).optional(),
  LANDBRIDGE_API_KEY: Secret,
  LANDBRIDGE_EMAIL: z.email().default('admin@landbridge.example'),
  LANDBRIDGE_CONNECT_URL: Url.default('http://127.0.0.1:5056'),
  LANDBRIDGE_CONNECT_PASSWORD: Secret,
  LANDBRIDGE_CONNECT_PLATFORM_TOKEN: Secret,
  LANDBRIDGE_HEALTH_PARTS: z.string().default('').transform(parseParts),
  LANDBRIDGE_DYNO_PORTS: z
    .string()
    .regex(/^\d{4,5}-\d{4,5}$/, 'must be two ports with a dash between, 21000-21999')
    .default('21000-21999'),
  LANDBRIDGE_DYNOS_AT_END: z.enum(['stop', 'keep']).default('stop'),
  LANDBRIDGE_LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info'),
  PATH: z.string().default('/usr/local/bin:/usr/bin:/bin'),
  HOME: z.string().optional(),
  npm_execpath: z.string().optional(),
});

/** The names of all variables the platform reads; its README lists them. */
export const VARIABLES: readonly string[] = Object.keys(Environment.shape).filter((name) =>
  name.startsWith('LANDBRIDGE_'),
);

export interface Config {
  readonly port: number;
  readonly appsPort: number;
  readonly appsTlsPort: number;
  readonly databaseUrl: string;
  readonly adminDatabaseUrl: string;
  readonly home: string;
  readonly apiKey: string;
  readonly email: string;
  readonly connect: {
    readonly url: string;
    readonly password: string;
    readonly platformToken: string;
  };
  readonly logLevel: string;
  /** Other services whose health is part of ours: their names and health URLs. */
  readonly healthParts: readonly { readonly name: string; readonly url: string }[];
  readonly dynoPorts: { readonly first: number; readonly last: number };
  /** Whether dynos end with the platform or run on and are adopted by its next start. A crash never ends them. */
  readonly dynosAtEnd: 'stop' | 'keep';
  /** What the builder passes on to npm; nothing else of the platform's environment reaches a build. */
  readonly build: {
    readonly path: string;
    readonly npmExecPath: string | undefined;
    readonly userHome: string;
    /** Settings for the platform's own runs of npm, which may name files with passwords. */
    readonly npmSettings: Readonly<Record<string, string>>;
    /** Settings of this machine's network: its proxy, its certificate authorities, npm's registry. */
    readonly network: Readonly<Record<string, string>>;
  };
}

/** Variables that say how this machine reaches the internet. They hold no secrets of the platform. */
const NETWORK_NAMES = [
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'npm_config_registry',
  'npm_config_cafile',
  'NPM_CONFIG_REGISTRY',
  'NPM_CONFIG_CAFILE',
] as const;
const NPM_NAMES = ['npm_config_userconfig', 'NPM_CONFIG_USERCONFIG'] as const;

/** The platform's settings. @throws Fault BAD_ENVIRONMENT naming every variable that is wrong */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const parsed = Environment.safeParse(
    Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== '')),
  );
  if (!parsed.success) {
    const reasons = parsed.error.issues.map(
      ({ path, message }) => `${path.join('.')}: ${message.toLowerCase()}`,
    );
    throw fault(
      'BAD_ENVIRONMENT',
      `The platform cannot start with these settings. Correct them and start again: ${reasons.join('; ')}`,
    );
  }
  const env = parsed.data;
  return {
    port: env.LANDBRIDGE_PORT,
    appsPort: env.LANDBRIDGE_APPS_PORT,
    appsTlsPort: env.LANDBRIDGE_APPS_TLS_PORT,
    databaseUrl: env.LANDBRIDGE_PLATFORM_DATABASE_URL,
    adminDatabaseUrl: env.LANDBRIDGE_ADMIN_DATABASE_URL,
    home: env.LANDBRIDGE_HOME ?? join(homedir(), '.landbridge'),
    apiKey: env.LANDBRIDGE_API_KEY,
    email: env.LANDBRIDGE_EMAIL,
    connect: {
      url: env.LANDBRIDGE_CONNECT_URL,
      password: env.LANDBRIDGE_CONNECT_PASSWORD,
      platformToken: env.LANDBRIDGE_CONNECT_PLATFORM_TOKEN,
    },
    logLevel: env.LANDBRIDGE_LOG_LEVEL,
    healthParts: env.LANDBRIDGE_HEALTH_PARTS,
    dynoPorts: parseRange(env.LANDBRIDGE_DYNO_PORTS),
    dynosAtEnd: env.LANDBRIDGE_DYNOS_AT_END,
    build: {
      path: env.PATH,
      npmExecPath: env.npm_execpath,
      userHome: env.HOME ?? homedir(),
      network: pick(environment, NETWORK_NAMES),
      npmSettings: pick(environment, NPM_NAMES),
    },
  };
}

function pick(
  environment: Readonly<Record<string, string | undefined>>,
  names: readonly string[],
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = environment[name];
      return value === undefined || value === '' ? [] : [[name, value]];
    }),
  );
}

/** `sandbox=http://127.0.0.1:5070/health,connect=...` */
function parseParts(text: string): readonly { readonly name: string; readonly url: string }[] {
  return text
    .split(',')
    .filter((part) => part.trim() !== '')
    .map((part) => {
      const at = part.indexOf('=');
      return { name: part.slice(0, at).trim(), url: part.slice(at + 1).trim() };
    });
}

function parseRange(text: string): { readonly first: number; readonly last: number } {
  const [first = 0, last = 0] = text.split('-').map(Number);
  return { first, last };
}
