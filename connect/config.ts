import { join } from 'node:path';

import { z } from 'zod';

import { fault } from './faults.ts';

const Url = z.url({ protocol: /^https?$/ }).transform((url) => new URL(url).origin);

const Environment = z.object({
  LANDBRIDGE_CONNECT_PORT: z.coerce.number().int().min(0).max(65_535).default(5056),
  LANDBRIDGE_CONNECT_DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  LANDBRIDGE_HOME: z.string().min(1),
  LANDBRIDGE_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
  LANDBRIDGE_CONNECT_PUBLIC_URL: Url.default('http://localhost:5055'),
  LANDBRIDGE_PLATFORM_URL: Url.default('http://localhost:5055'),
  LANDBRIDGE_CONNECT_PASSWORD: z.string().min(16),
  LANDBRIDGE_CONNECT_PLATFORM_TOKEN: z.string().min(16),
  SF_CLIENT_ID: z.string().min(1),
  SF_CLIENT_SECRET: z.string().min(1),
  SF_LOGIN_URL: Url.default('https://login.salesforce.com'),
  LANDBRIDGE_SF_HOSTS: z.string().default(''),
  LANDBRIDGE_SF_HOSTS_APPLY_WITHIN_MS: z.coerce.number().int().min(1_000).optional(),
  LANDBRIDGE_SF_JWT_KEY_FILE: z.string().min(1).optional(),
});

/** Where Connect listens and keeps its things, whom it trusts, and the app an org knows it by. */
export interface Config {
  readonly port: number;
  readonly databaseUrl: string;
  readonly keyFile: string;
  readonly logLevel: string;
  /** Where browsers and clients reach Connect: the platform's own address. */
  readonly publicUrl: string;
  readonly platformUrl: string;
  /** What the platform shows when it makes and unmakes add-ons. */
  readonly partnerPassword: string;
  /** What Connect shows the platform when it reads an app's database URL. */
  readonly platformToken: string;
  readonly salesforce: {
    readonly clientId: string;
    readonly clientSecret: string;
    readonly callbackUrl: string;
    /** The login page of the environment "production". */
    readonly loginUrl: string;
    readonly namedHosts: readonly string[];
    /** How long an org of these may still apply a write whose client has gone; Salesforce's own bound where it is not said. */
    readonly namedHostsApplyWithinMs: number | undefined;
    readonly jwtKeyFile: string | undefined;
  };
}

/** Reads the environment; every fault of it in one message. */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const parsed = Environment.safeParse(environment);
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw fault('BAD_ENVIRONMENT', `Connect cannot start. ${faults.join('; ')}.`);
  }
  const { data } = parsed;
  return {
    port: data.LANDBRIDGE_CONNECT_PORT,
    databaseUrl: data.LANDBRIDGE_CONNECT_DATABASE_URL,
    keyFile: join(data.LANDBRIDGE_HOME, 'connect.key'),
    logLevel: data.LANDBRIDGE_LOG_LEVEL,
    publicUrl: data.LANDBRIDGE_CONNECT_PUBLIC_URL,
    platformUrl: data.LANDBRIDGE_PLATFORM_URL,
    partnerPassword: data.LANDBRIDGE_CONNECT_PASSWORD,
    platformToken: data.LANDBRIDGE_CONNECT_PLATFORM_TOKEN,
    salesforce: {
      clientId: data.SF_CLIENT_ID,
      clientSecret: data.SF_CLIENT_SECRET,
      callbackUrl: `${data.LANDBRIDGE_CONNECT_PUBLIC_URL}/oauth/salesforce/callback`,
      loginUrl: data.SF_LOGIN_URL,
      namedHosts: data.LANDBRIDGE_SF_HOSTS.split(',')
        .map((host) => host.trim())
        .filter((host) => host !== ''),
      namedHostsApplyWithinMs: data.LANDBRIDGE_SF_HOSTS_APPLY_WITHIN_MS,
      jwtKeyFile: data.LANDBRIDGE_SF_JWT_KEY_FILE,
    },
  };
}
