/** Where a sweep stands: everything Salesforce showed at `asOf` has been applied. ISO times by Salesforce's clock. */
export interface Cursor {
  readonly asOf: string;
}

/** The place of a record in the order of a sweep. */
export interface Keyset {
  readonly stamp: string;
  readonly id: string;
}

/**
 * The window of the next sweep starts well before the last one began: a record's stamp is given when its transaction
 * begins and becomes visible when it commits, seconds later, behind a cursor that has moved on.
 */
export function windowStart(cursor: Cursor | null, lookBackMs: number): string | null {
  if (cursor === null) return null;
  return new Date(Date.parse(cursor.asOf) - lookBackMs).toISOString();
}

/** The cursor after a sweep whose first page was answered at `asOf`. It never goes back. */
export function advance(cursor: Cursor | null, asOf: string): Cursor {
  if (cursor !== null && Date.parse(cursor.asOf) > Date.parse(asOf)) return cursor;
  return { asOf };
}
