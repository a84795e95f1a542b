export const LOCK_NOT_AVAILABLE = '55P03';
export const UNIQUE_VIOLATION = '23505';

/** PostgreSQL's code of an error, where it is one of its own. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** The values themselves are the trouble (class 22: not of the type, too long; 23: a constraint); trying again does not help. */
export function isDataError(error: unknown): boolean {
  return /^2[23]...$/.test(codeOf(error) ?? '');
}
