import pino from 'pino';

export type Log = Pick<pino.Logger, 'debug' | 'info' | 'warn' | 'error' | 'child'>;

/** Names whose values never reach a log, wherever they stand in the logged fields (to the depth of two). */
export const SECRET_NAMES = [
  'password',
  'token',
  'access_token',
  'accessToken',
  'refresh_token',
  'refreshToken',
  'client_secret',
  'clientSecret',
  'authorization',
  'Authorization',
  'cookie',
  'secret',
  'databaseUrl',
  'DATABASE_URL',
  'assertion',
] as const;

export interface LogOptions {
  readonly service: string;
  readonly level: string;
  /** Where lines go; standard output unless a test brings its own. */
  readonly destination?: pino.DestinationStream;
}

/** One JSON object a line, UTC times, secrets censored. */
export function createLog({ service, level, destination }: LogOptions): Log {
  const options: pino.LoggerOptions = {
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: {
      paths: SECRET_NAMES.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
      censor: '[secret]',
    },
    serializers: { err: serializeError },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}

export const silentLog: Log = pino({ level: 'silent' });

/** An error as an operator reads it. Its other properties (a request with headers, a query with values) stay out. */
function serializeError(thrown: unknown): Readonly<Record<string, unknown>> {
  if (!Error.isError(thrown)) return { message: hideUrlPasswords(String(thrown)) };
  const { name, message, stack, cause } = thrown;
  const code = 'code' in thrown ? thrown.code : undefined;
  return {
    name,
    message: hideUrlPasswords(message),
    ...(typeof code === 'string' ? { code } : {}),
    stack: hideUrlPasswords(stack ?? ''),
    ...(cause === undefined ? {} : { cause: serializeError(cause) }),
  };
}

function hideUrlPasswords(text: string): string {
  return text.replace(/(\w+:\/\/[^\s:/@]*):[^\s@/]+@/g, '$1:[secret]@');
}
