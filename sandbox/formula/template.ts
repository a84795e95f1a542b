import { quoteLiteral } from '../../src/kit/identifiers.ts';

/** Who reads a formula, and when: what TODAY(), NOW() and $User are. */
export interface Reader {
  readonly now: Date;
  readonly userId: string;
}

/**
 * A formula's SQL is compiled once for everybody, with marks for what differs from use to use: characters of Unicode's
 * private use area, which no name contains and no literal may.
 */
export const ROW = '\uE010';
export const PRIOR = '\uE011';
export const IS_NEW = '\uE012';
const NOW = '\uE013';
const USER = '\uE014';

export const NOW_SQL = `${NOW}::timestamptz`;
export const USER_SQL = `${USER}::text`;
/** Days are those of the reader's time zone; PostgreSQL looks it up once a statement. */
export const ZONE_SQL = `(select coalesce((select r."timezonesidkey" from org."user" r where r."id" = ${USER_SQL}), 'UTC'))`;
export const TODAY_SQL = `(${NOW_SQL} at time zone ${ZONE_SQL})::date`;

const READER_MARKS = /[\uE013\uE014]/g;
const ALL_MARKS = /[\uE000\uE010-\uE01F]/g;

/** A constant of the formula's text. Marks in it would be taken for ours. */
export function literal(text: string): string {
  return `${quoteLiteral(text.replaceAll('\0', '').replaceAll(ALL_MARKS, '\uFFFD').toWellFormed())}::text`;
}

/** The formula of the rows of a table, by the table's alias (quoted where it must be) in the statement. */
export function ofRow(sql: string, alias: string): string {
  return sql.replaceAll(ROW, alias);
}

/** Puts in who reads and when: constants of ours, so the text stays the same within one statement. */
export function forReader(sql: string, { now, userId }: Reader): string {
  const values: Readonly<Record<string, string>> = {
    [NOW]: quoteLiteral(now.toISOString()),
    [USER]: quoteLiteral(userId),
  };
  return sql.replace(READER_MARKS, (mark) => values[mark] ?? mark);
}
