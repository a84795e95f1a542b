import type { Purpose } from './ast.ts';
import type { Calendar } from './calendar.ts';
import type { FieldDef } from '../schema/field.ts';
import type { ObjectDef, Schema } from '../schema/schema.ts';

/** What a statement is compiled for. */
export interface CompileOptions {
  readonly schema: Schema;
  /** The org's time: what TODAY and the other date literals mean. */
  readonly now: Date;
  /** `60.0`: stands in the `attributes.url` of every record. */
  readonly apiVersion: string;
  /** Asked by the Tooling API: the URLs are its own. */
  readonly tooling?: boolean;
  /** What days mean to the caller; UTC unless given. */
  readonly calendar?: Calendar;
  /** Records a child list shows before it is continued under a locator; all of them unless given. */
  readonly childRecordsMax?: number;
  /** For `USING SCOPE mine`. */
  readonly userId: string;
  /** True for queryAll: deleted records too. */
  readonly includeDeleted: boolean;
  /** A chunk of the answer: ids from the first (included) to the last (not included). */
  readonly idRange?: { readonly first: string | undefined; readonly before: string | undefined };
}

/** A statement for pg: `client.query(statement)`. Every parameter is text and cast in the SQL. */
export interface Statement {
  readonly text: string;
  readonly values: readonly string[];
}

/** A list of records that can be answered page by page: the statement's own, or one of its children. */
export interface Listing {
  readonly object: ObjectDef;
  readonly columns: readonly Column[];
  /** Rows `{ id: string }` in the list's order: what a cursor remembers. Of a child list, those of one parent. */
  readonly ids: (parentId?: string) => Statement;
  /** Rows `{ record: string }` of these ids, in their order, whatever the WHERE says: a later page of a cursor. */
  readonly recordsOf: (ids: readonly string[]) => Statement;
  /** Rows `{ id: string, weight: string }` of these ids, in their order: each record counted with all children in its lists, `most` of a list at most. Undefined without child lists. */
  readonly weightsOf: ((ids: readonly string[], most: number) => Statement) | undefined;
}

/**
 * Stands in a record where the locator of a child list's next page belongs, between two of these: the list's number and
 * the parent's id. JSON text contains no control characters, so nothing else in a record looks like it.
 */
export const NEXT_MARK = '\u0001';

/** One key of a record, in the order of the answer. For `columns=true`, CSV headers and Bulk's restrictions. */
export type Column =
  | {
      readonly kind: 'field';
      readonly name: string;
      readonly object: ObjectDef;
      readonly field: FieldDef;
    }
  /** A function or aggregate; `type` is the Salesforce field type of its value. */
  | {
      readonly kind: 'expression';
      readonly name: string;
      readonly type: string;
      readonly aggregate: boolean;
    }
  | {
      readonly kind: 'parent';
      readonly name: string;
      readonly object: ObjectDef;
      readonly columns: readonly Column[];
    }
  | { readonly kind: 'typeof'; readonly name: string; readonly columns: readonly Column[] }
  | {
      readonly kind: 'children';
      readonly name: string;
      readonly object: ObjectDef;
      readonly columns: readonly Column[];
    };

/**
 * - `rows`: records of one object.
 * - `aggregate`: rows of type AggregateResult.
 * - `count`: `SELECT COUNT() FROM …`: only `totalSize`, no records.
 */
export interface CompiledQuery {
  readonly kind: 'rows' | 'aggregate' | 'count';
  readonly object: ObjectDef;
  readonly columns: readonly Column[];
  /** One row `{ count: string }`: totalSize. */
  readonly count: Statement;
  /** Rows `{ record: string }`: each the finished JSON text of one record, `attributes` first, in the query's order. No rows for `count`. */
  readonly records: Statement;
  /** `records` without parameters, for `COPY (…) TO STDOUT`. */
  readonly recordsInline: string;
  /** For paging. Undefined unless `rows`. */
  readonly listing: Listing | undefined;
  /** The child lists of the statement, however deep, by their numbers. */
  readonly childLists: readonly Listing[];
  /** Levels of child lists below the records. */
  readonly childLevels: number;
  /** Undefined unless `rows` without children, TYPEOF or compound fields: a query without parameters for `COPY (…) TO STDOUT` in a session whose time zone is UTC. */
  readonly csv: { readonly header: readonly string[]; readonly query: string } | undefined;
  readonly uses: {
    readonly offset: boolean;
    readonly children: boolean;
    readonly typeOf: boolean;
    /** Names of compound fields selected. */
    readonly compound: readonly string[];
    readonly orderBy: boolean;
    readonly limit: number | undefined;
    /** FOR VIEW, FOR REFERENCE. */
    readonly purposes: readonly Purpose[];
  };
}
