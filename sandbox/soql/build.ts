import { quoteLiteral } from '../../src/kit/identifiers.ts';
import { present } from '../../src/kit/assert.ts';
import { forReader } from '../formula/template.ts';
import type { SalesforceError } from '../salesforce-error.ts';
import { UTC_CALENDAR, type Calendar } from './calendar.ts';
import type { CompileOptions, Listing, Statement } from './compiled.ts';
import { problemAt, type QueryErrorCode } from './problem.ts';

/**
 * What the parts of one compilation share: the statement's text for errors, the options, and the values. SQL is put
 * together from fragments in which a value stands as a numbered mark; only a finished statement has `$1`, `$2`, … for
 * the values it really uses (or literals, where PostgreSQL takes no parameters). A mark begins and ends with a
 * character that no fragment contains otherwise: names come from the schema, and everything a caller wrote is a value.
 */
export class Build {
  readonly text: string;
  readonly options: CompileOptions;
  readonly relationships = new Set<string>();
  /** The child lists of the statement, in the order of their numbers. */
  readonly childLists: Listing[] = [];
  childLevels = 0;
  subqueries = 0;
  semiJoins = 0;
  readonly #values: string[] = [];
  #aliases = 0;

  constructor(text: string, options: CompileOptions) {
    this.text = text;
    this.options = options;
  }

  /** A value of the caller's, as SQL. `type` is a PostgreSQL type of ours. */
  value(value: string, type: string): string {
    this.#values.push(value);
    return `${MARK}${this.#values.length - 1}${MARK}::${type}`;
  }

  alias(): string {
    this.#aliases += 1;
    return `t${this.#aliases}`;
  }

  /** When it is asked, and what days mean to whom. */
  get moment(): { readonly now: Date; readonly calendar: Calendar } {
    return { now: this.options.now, calendar: this.options.calendar ?? UTC_CALENDAR };
  }

  problem(code: QueryErrorCode, message: string, { at }: { readonly at: number }): SalesforceError {
    return problemAt(code, message, { text: this.text, at });
  }

  statement(sql: string): Statement {
    const numbers = new Map<string, number>();
    const values: string[] = [];
    const text = this.#read(sql).replace(MARKED, (_, index: string) => {
      let number = numbers.get(index);
      if (number === undefined) {
        values.push(this.#valueAt(index));
        number = values.length;
        numbers.set(index, number);
      }
      return `$${number}`;
    });
    return { text, values };
  }

  /** For COPY, which takes no parameters. */
  inline(sql: string): string {
    return this.#read(sql).replace(MARKED, (_, index: string) =>
      quoteLiteral(this.#valueAt(index)),
    );
  }

  /** Tells formulas who asks, and when. */
  #read(sql: string): string {
    return forReader(sql, this.options);
  }

  #valueAt(index: string): string {
    return present(this.#values[Number(index)], 'a value of the statement');
  }
}

/** A character of Unicode's private use area. */
const MARK = '\uE000';
const MARKED = /\uE000(\d+)\uE000/g;
