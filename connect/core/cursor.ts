/**
 * Where reading a mapping stands. A store keeps it as JSON and does not look inside.
 *
 * `asOf`: everything Salesforce showed at that time (by its own clock, ISO) has been applied; null before the first sweep.
 * `sweep`: the sweep under way, kept with each page, so that a crash repeats one page and not the sweep.
 */
export interface Cursor {
  readonly asOf: string | null;
  readonly sweep: Sweep | null;
}

interface Sweep {
  readonly since: string | null;
  /** Salesforce's clock when the sweep's first page was answered. */
  readonly asOf: string;
  readonly after: Keyset;
}

/** The place of a record in the order of a sweep: Salesforce's stamp as it spells it, and the Id among equal stamps. */
export interface Keyset {
  readonly stamp: string;
  readonly id: string;
}

export const START: Cursor = { asOf: null, sweep: null };

/**
 * The window of the next sweep starts well before the last one began: a record's stamp is given when its transaction
 * begins and becomes visible when it commits, seconds later, behind a cursor that has moved on.
 */
export function windowStart(cursor: Cursor, lookBackMs: number): string | null {
  if (cursor.sweep !== null) return cursor.sweep.since;
  if (cursor.asOf === null) return null;
  return new Date(Date.parse(cursor.asOf) - lookBackMs).toISOString();
}

/** A page of the present sweep has been applied. */
export function afterPage(
  cursor: Cursor,
  page: {
    readonly since: string | null;
    readonly asOf: string;
    readonly end: Keyset | null;
    readonly more: boolean;
  },
): Cursor {
  const asOf = cursor.sweep?.asOf ?? page.asOf;
  if (page.more && page.end !== null) {
    return { asOf: cursor.asOf, sweep: { since: page.since, asOf, after: page.end } };
  }
  return { asOf: later(cursor.asOf, asOf), sweep: null };
}

/** The cursor never goes back, whatever a server's clock does. */
function later(before: string | null, now: string): string {
  return before !== null && Date.parse(before) > Date.parse(now) ? before : now;
}
