import { z } from 'zod';

import { fault } from './faults.ts';

const Port = z.coerce.number().int().min(1).max(65_533);

/** Every variable the org reads; the document's table is held to it. */
export const Environment = z.object({
  LANDBRIDGE_ORG_PORT: Port.default(5070),
  LANDBRIDGE_ORG_DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  LANDBRIDGE_HOME: z.string().min(1),
  LANDBRIDGE_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
  LANDBRIDGE_ORG_PASSWORD: z.string().min(8),
  LANDBRIDGE_ORG_CLIENT_ID: z.string().min(1).optional(),
  LANDBRIDGE_ORG_CLIENT_SECRET: z.string().min(1).optional(),
  LANDBRIDGE_ORG_CALLBACK_URL: z.url().optional(),
  LANDBRIDGE_ORG_ADMIN: z.enum(['on', 'off']).default('off'),
  LANDBRIDGE_ORG_APEX_REST: z.string().min(1).optional(),
  LANDBRIDGE_ORG_EVENT_DELAY_MS: z
    .string()
    .regex(/^\d+(-\d+)?$/)
    .optional(),
  LANDBRIDGE_ORG_VISIBILITY_DELAY_MS: z
    .string()
    .regex(/^\d+(-\d+)?$/)
    .optional(),
});

/** Where the org listens, what it stores in, and what it is told of its administrator and of Connect's app. */
export interface Config {
  /** HTTP; TLS listens on the next port, Pub/Sub gRPC on the one after. */
  readonly port: number;
  readonly databaseUrl: string;
  readonly home: string;
  readonly logLevel: string;
  /** The administrator's password. */
  readonly password: string;
  /** The connected app made at the start, when one is asked for. */
  readonly connectedApp:
    | { readonly clientId: string; readonly clientSecret: string; readonly callbackUrl: string }
    | undefined;
  readonly adminApi: boolean;
  /** A folder of programs that stand in for Apex REST classes. */
  readonly apexRestFolder?: string | undefined;
  readonly eventDelay: { readonly minMs: number; readonly maxMs: number } | undefined;
  readonly visibilityDelay: { readonly minMs: number; readonly maxMs: number } | undefined;
}

/** Reads the environment; every fault of it in one message. */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const parsed = Environment.safeParse(environment);
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw fault('BAD_ENVIRONMENT', `The sandbox org cannot start. ${faults.join('; ')}.`);
  }
  const { data } = parsed;
  return {
    port: data.LANDBRIDGE_ORG_PORT,
    databaseUrl: data.LANDBRIDGE_ORG_DATABASE_URL,
    home: data.LANDBRIDGE_HOME,
    logLevel: data.LANDBRIDGE_LOG_LEVEL,
    password: data.LANDBRIDGE_ORG_PASSWORD,
    connectedApp: connectedApp(data),
    adminApi: data.LANDBRIDGE_ORG_ADMIN === 'on',
    apexRestFolder: data.LANDBRIDGE_ORG_APEX_REST,
    eventDelay: range(data.LANDBRIDGE_ORG_EVENT_DELAY_MS),
    visibilityDelay: range(data.LANDBRIDGE_ORG_VISIBILITY_DELAY_MS),
  };
}

function connectedApp(data: z.infer<typeof Environment>): Config['connectedApp'] {
  const { LANDBRIDGE_ORG_CLIENT_ID: clientId, LANDBRIDGE_ORG_CLIENT_SECRET: clientSecret } = data;
  const callbackUrl = data.LANDBRIDGE_ORG_CALLBACK_URL;
  if (clientId === undefined && clientSecret === undefined && callbackUrl === undefined)
    return undefined;
  if (clientId === undefined || clientSecret === undefined || callbackUrl === undefined) {
    throw fault(
      'BAD_ENVIRONMENT',
      'The sandbox org cannot start. LANDBRIDGE_ORG_CLIENT_ID, LANDBRIDGE_ORG_CLIENT_SECRET and LANDBRIDGE_ORG_CALLBACK_URL belong together: set all three or none.',
    );
  }
  return { clientId, clientSecret, callbackUrl };
}

/** `1000-2000`, or `0` for none. */
function range(text: string | undefined): { minMs: number; maxMs: number } | undefined {
  if (text === undefined) return undefined;
  const [min = 0, max = min] = text.split('-').map(Number);
  return { minMs: min, maxMs: Math.max(min, max) };
}
