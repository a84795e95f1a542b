import { randomBytes } from 'node:crypto';

import { z } from 'zod';

const Environment = z.object({
  DATABASE_URL: z.url({
    message: 'DATABASE_URL is missing: attach a PostgreSQL add-on to this app.',
  }),
  PORT: z.coerce.number().int().min(0).max(65_535).default(3_000),
  /** Without it each start has a secret of its own, and forms that were open before must be opened again. */
  COOKIE_SECRET: z.string().min(16).optional(),
  /** The schema that Connect writes to. */
  SALESFORCE_SCHEMA: z
    .string()
    .regex(/^[a-z_][a-z0-9_]{0,62}$/)
    .default('salesforce'),
});

export interface Config {
  readonly databaseUrl: string;
  readonly port: number;
  readonly cookieSecret: string;
  readonly schema: string;
}

/** The app's settings from its config vars. @throws with a sentence that says what is missing */
export function readConfig(environment: NodeJS.ProcessEnv): Config {
  const parsed = Environment.safeParse(environment);
  if (!parsed.success) throw new Error(z.prettifyError(parsed.error));
  const { DATABASE_URL, PORT, COOKIE_SECRET, SALESFORCE_SCHEMA } = parsed.data;
  return {
    databaseUrl: DATABASE_URL,
    port: PORT,
    cookieSecret: COOKIE_SECRET ?? randomBytes(32).toString('hex'),
    schema: SALESFORCE_SCHEMA,
  };
}
