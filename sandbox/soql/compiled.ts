import type { FieldDef } from '../schema/field.ts';
import type { ObjectDef, Schema } from '../schema/schema.ts';

/** What a statement is compiled for. */
export interface CompileOptions {
  readonly schema: Schema;
  /** The org's time: what TODAY and the other date literals mean. */
  readonly now: Date;
  /** `60.0`: stands in the `attributes.url` of every record. */
  readonly apiVersion: string;
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
  /** Rows `{ id: string }` in the query's order: what a cursor remembers. Undefined unless `rows`. */
  readonly ids: Statement | undefined;
  /** Rows `{ record: string }` of these ids, in their order, whatever the WHERE says: a later page of a cursor. Undefined unless `rows`. */
  readonly recordsOf: ((ids: readonly string[]) => Statement) | undefined;
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
  };
}
