import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

import { z } from 'zod';

import { fault } from './faults.ts';

const port = (fallback: number) => z.coerce.number().int().min(1).max(65_533).default(fallback);

const Environment = z.object({
  LANDBRIDGE_HOME: z.string().min(1).optional(),
  LANDBRIDGE_PORT: port(5055),
  LANDBRIDGE_CONNECT_PORT: port(5056),
  LANDBRIDGE_APPS_PORT: port(5080),
  LANDBRIDGE_APPS_TLS_PORT: port(5443),
  LANDBRIDGE_ORG_PORT: port(5070),
  LANDBRIDGE_PG_PORT: port(5054),
  LANDBRIDGE_DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  LANDBRIDGE_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
  LANDBRIDGE_SAMPLE: z.enum(['on', 'off']).default('on'),
});

/** Passed on to Connect as they are: a connected app of the user's own, and hosts beside Salesforce's. */
const CONNECT_SETTINGS = [
  'SF_CLIENT_ID',
  'SF_CLIENT_SECRET',
  'SF_LOGIN_URL',
  'LANDBRIDGE_SF_HOSTS',
];

/** Every variable a user of `npm start` may set; the README lists them. */
export const SETTINGS: readonly string[] = [...Object.keys(Environment.shape), ...CONNECT_SETTINGS];

/** What `npm start` is told by the environment. */
export interface StartConfig {
  readonly home: string;
  readonly ports: {
    readonly platform: number;
    readonly connect: number;
    readonly apps: number;
    readonly appsTls: number;
    readonly org: number;
    readonly postgres: number;
  };
  /** A PostgreSQL of the user's own, by a superuser's URL; otherwise the embedded one. */
  readonly databaseUrl: string | undefined;
  readonly logLevel: string;
  /** Whether contact-card is deployed. */
  readonly sample: boolean;
}

/** @throws Fault BAD_ENVIRONMENT naming each variable */
export function readStartConfig(environment: NodeJS.ProcessEnv): StartConfig {
  // An empty variable is one that is not set.
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = Environment.safeParse(set);
  if (!parsed.success) {
    const words = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw fault('BAD_ENVIRONMENT', `Correct the environment and start again: ${words.join('; ')}`);
  }
  const env = parsed.data;
  return {
    home: resolve(env.LANDBRIDGE_HOME ?? join(homedir(), '.landbridge')),
    ports: {
      platform: env.LANDBRIDGE_PORT,
      connect: env.LANDBRIDGE_CONNECT_PORT,
      apps: env.LANDBRIDGE_APPS_PORT,
      appsTls: env.LANDBRIDGE_APPS_TLS_PORT,
      org: env.LANDBRIDGE_ORG_PORT,
      postgres: env.LANDBRIDGE_PG_PORT,
    },
    databaseUrl: env.LANDBRIDGE_DATABASE_URL,
    logLevel: env.LANDBRIDGE_LOG_LEVEL,
    sample: env.LANDBRIDGE_SAMPLE === 'on',
  };
}
