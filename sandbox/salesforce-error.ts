import type { NextFunction, Request, Response } from 'express';

/** HTTP status by error code; every code not named here answers 400. */
const STATUS: Readonly<Record<string, number>> = {
  INVALID_SESSION_ID: 401,
  INVALID_AUTH_HEADER: 401,
  REQUEST_LIMIT_EXCEEDED: 403,
  API_DISABLED_FOR_ORG: 403,
  API_CURRENTLY_DISABLED: 403,
  FUNCTIONALITY_NOT_ENABLED: 403,
  INSUFFICIENT_ACCESS: 403,
  INSUFFICIENT_ACCESS_OR_READONLY: 403,
  NOT_FOUND: 404,
  ENTITY_IS_DELETED: 404,
  METHOD_NOT_ALLOWED: 405,
  URI_TOO_LONG: 414,
  UNSUPPORTED_MEDIA_TYPE: 415,
  REQUEST_HEADER_FIELDS_TOO_LARGE: 431,
  UNKNOWN_EXCEPTION: 500,
  NOT_IMPLEMENTED: 501,
  SERVER_UNAVAILABLE: 503,
};

/** One refusal in REST's shape: `[{ "message": …, "errorCode": …, "fields": […] }]`. */
export class SalesforceError extends Error {
  override readonly name = 'SalesforceError';
  readonly errorCode: string;
  readonly fields: readonly string[];
  readonly status: number;
  /** True for a refusal of a record's values: only those carry `fields`, even when empty. */
  readonly ofRecord: boolean;
  /** What else is wrong with the same record. */
  readonly others: readonly SalesforceError[];

  constructor(
    errorCode: string,
    message: string,
    options: {
      readonly fields?: readonly string[];
      readonly status?: number;
      readonly others?: readonly SalesforceError[];
    } & ErrorOptions = {},
  ) {
    super(message, options);
    this.errorCode = errorCode;
    this.fields = options.fields ?? [];
    this.ofRecord = options.fields !== undefined;
    this.others = options.others ?? [];
    this.status = options.status ?? STATUS[errorCode] ?? 400;
  }

  toJSON(): Readonly<Record<string, unknown>> {
    const { message, errorCode, fields } = this;
    return this.ofRecord ? { message, errorCode, fields } : { message, errorCode };
  }
}

/** What the sandbox org does not do says so, naming it; nothing is silently ignored. */
export function notBuilt(what: string): SalesforceError {
  return new SalesforceError('NOT_IMPLEMENTED', `The sandbox org does not implement ${what}`);
}

/** Express's last middleware: every thrown error becomes an answer in REST's shape. Unexpected ones are given to `report`. */
export function answerErrors(report: (error: unknown, request: Request) => void) {
  return (error: unknown, request: Request, response: Response, _next: NextFunction): void => {
    if (response.headersSent) {
      report(error, request);
      response.destroy();
      return;
    }
    const known = asSalesforceError(error);
    if (known === undefined) report(error, request);
    const answer =
      known ??
      new SalesforceError(
        'UNKNOWN_EXCEPTION',
        'An unexpected error occurred. Please include this ErrorId if you contact support: sandbox',
      );
    response.status(answer.status).json([answer, ...answer.others]);
  };
}

/**
 * What PostgreSQL gives up is what Salesforce gives up: a statement that runs into its time limit, one too large to plan
 * or to answer, a row that somebody else holds.
 */
export function asDatabaseRefusal(error: unknown): SalesforceError | undefined {
  if (!(error instanceof Error)) return undefined;
  const outage = asOutage(error);
  if (outage !== undefined) return outage;
  switch ('code' in error ? error.code : undefined) {
    case '57014': // query_canceled, by statement_timeout
      return new SalesforceError('QUERY_TIMEOUT', 'Your query request was running for too long.', {
        cause: error,
      });
    case '54001': // statement_too_complex
    case '54011': // too_many_columns
    case '54023': // too_many_arguments
      return new SalesforceError(
        'QUERY_TOO_COMPLICATED',
        'Query is either selecting too many fields or the filter conditions are too complicated.',
        { cause: error },
      );
    case '54000': // program_limit_exceeded: a value of more than a gigabyte
    case '53200': // out_of_memory
      return new SalesforceError('OPERATION_TOO_LARGE', 'The operation is too large.', {
        cause: error,
      });
    case '55P03': // lock_not_available
    case '40P01': // deadlock_detected
    case '40001': // serialization_failure
      return new SalesforceError(
        'UNABLE_TO_LOCK_ROW',
        'unable to obtain exclusive access to this record',
        { cause: error },
      );
    case '22021': // character_not_in_repertoire: NUL
    case '22P05': // untranslatable_character
      return new SalesforceError('INVALID_INPUT', 'The request holds a character that is no text', {
        cause: error,
      });
    default:
      return undefined;
  }
}

/** The classes and codes of a database that is going, gone or not there yet, and of the way to it. */
const DATABASE_LOST = /^(?:08...|57P0[1-5]|53300|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT)$/;
/** What the driver says, without a code, of a connection that ended under a statement. */
const CONNECTION_LOST =
  /^(?:Connection terminated|Client has encountered a connection error|Client was closed|timeout exceeded when trying to connect)/;

/** The org's database went away under the request: whether it was carried out is as open as after any lost answer. */
function asOutage(error: Error): SalesforceError | undefined {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (!DATABASE_LOST.test(code) && !CONNECTION_LOST.test(error.message)) return undefined;
  return new SalesforceError(
    'SERVER_UNAVAILABLE',
    'The org is temporarily unavailable: its database cannot be reached. Try again.',
    { cause: error },
  );
}

/** Body parsers of express throw errors of their own (http-errors, with `type`): they are the caller's mistakes. */
function asSalesforceError(error: unknown): SalesforceError | undefined {
  if (error instanceof SalesforceError) return error;
  const ofDatabase = asDatabaseRefusal(error);
  if (ofDatabase !== undefined) return ofDatabase;
  if (!(error instanceof Error)) return undefined;
  // What is nested beyond any bound of its own ends here rather than as a fault of the org.
  if (error instanceof RangeError && /call stack/.test(error.message))
    return new SalesforceError('OPERATION_TOO_LARGE', 'The request is nested too deeply.');
  switch ('type' in error ? error.type : undefined) {
    case 'entity.parse.failed':
      return new SalesforceError('JSON_PARSER_ERROR', error.message);
    case 'entity.too.large':
      return new SalesforceError('REQUEST_BODY_TOO_LARGE', 'The request body is too large', {
        status: 413,
      });
    case 'encoding.unsupported':
    case 'charset.unsupported':
      return new SalesforceError('UNSUPPORTED_MEDIA_TYPE', error.message);
    default:
      return isCallersMistake(error)
        ? new SalesforceError('BAD_REQUEST', error.message, { status: error.status })
        : undefined;
  }
}

/** A body that does not unpack, a path that does not decode: express and its parsers say so by a status. */
function isCallersMistake(error: Error): error is Error & { readonly status: number } {
  return (
    'status' in error &&
    typeof error.status === 'number' &&
    error.status >= 400 &&
    error.status < 500
  );
}
