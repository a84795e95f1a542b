import type { FieldDef } from '../schema/field.ts';

/** The kinds of values a formula knows, by the names Salesforce calls them in refusals. */
export type Kind =
  | 'Number'
  | 'Text'
  | 'Boolean'
  | 'Date'
  | 'DateTime'
  | 'Time'
  | 'Picklist'
  | 'Multi-Select Picklist'
  | 'Geolocation'
  | 'Null';

/**
 * A part of a formula as SQL.
 *
 * | kind | PostgreSQL type | blank |
 * | --- | --- | --- |
 * | Number | `numeric`: formulas count in decimals | null |
 * | Text, picklists | `text` | null or '', which are the same |
 * | Boolean | `boolean` | null, which counts as false |
 * | Date, DateTime, Time | `date`, `timestamptz`, `time(3)` | null |
 *
 * The SQL itself never fails, whatever lies in the columns: where it would, it is null and `fault` is true.
 */
export interface Value {
  readonly kind: Kind;
  readonly sql: string;
  /** SQL that is true when the value is #Error!; undefined when it cannot be. */
  readonly fault?: string | undefined;
  /** The two numbers of a place. */
  readonly place?: { readonly latitude: string; readonly longitude: string };
  /** The constant it is. */
  readonly constant?: string;
  /** The field it is. */
  readonly field?: FieldDef;
}

/** True when any of them is. */
export function anyFault(...faults: readonly (string | undefined)[]): string | undefined {
  const real = faults.filter((fault) => fault !== undefined);
  if (real.length === 0) return undefined;
  return real.length === 1 ? real[0] : `(${real.join(' or ')})`;
}

export function faultsOf(values: readonly Value[]): string | undefined {
  return anyFault(...values.map(({ fault }) => fault));
}

/** A value made of others: it fails where they do. */
export function made(kind: Kind, sql: string, from: readonly Value[], own?: string): Value {
  return { kind, sql, fault: anyFault(faultsOf(from), own) };
}
