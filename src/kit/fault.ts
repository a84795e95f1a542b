/** What a kind of refusal is: the HTTP status it answers with, whether trying again can help, and what it means to the reader. */
export interface FaultKind {
  readonly status: number;
  readonly retry: boolean;
  /** One sentence for the table of codes in the documentation. */
  readonly means: string;
}

interface FaultOptions extends ErrorOptions {
  readonly details?: Readonly<Record<string, unknown>>;
}

/**
 * The one error class of the project. Its message says what happened, to what, and what to do now.
 * A fault is thrown or logged, never both; `cause` is kept.
 */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly code: string;
  readonly status: number;
  readonly retry: boolean;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: string,
    kind: FaultKind,
    message: string,
    { details = {}, ...options }: FaultOptions = {},
  ) {
    super(message, options);
    this.code = code;
    this.status = kind.status;
    this.retry = kind.retry;
    this.details = details;
  }
}

/** Makes a service's catalogue of codes: the table, and a function that makes a fault of one of them. */
export function defineFaults<const Table extends Readonly<Record<string, FaultKind>>>(
  table: Table,
) {
  return {
    table,
    fault(code: keyof Table & string, message: string, options: FaultOptions = {}): Fault {
      const kind = table[code];
      if (kind === undefined) throw new TypeError(`no such fault: ${code}`);
      return new Fault(code, kind, message, options);
    },
  };
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return Error.isError(thrown) ? thrown.message : String(thrown);
}

/** The code of a thrown system or database error (ENOENT, 23505), if it has one. */
export function codeOf(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}
