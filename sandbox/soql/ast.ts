/** A SOQL statement as the parser understood it. `at` is the offset in the text, for errors that are found later. */
export interface Query {
  readonly select: readonly SelectItem[];
  readonly from: readonly FromItem[];
  readonly scope: Name | undefined;
  readonly where: Condition | undefined;
  readonly with: WithClause | undefined;
  readonly groupBy: GroupBy | undefined;
  readonly having: Condition | undefined;
  readonly orderBy: readonly OrderItem[];
  readonly limit: number | undefined;
  readonly offset: number | undefined;
  readonly allRows: boolean;
  readonly purposes: readonly Purpose[];
  readonly tracking: readonly Tracking[];
  readonly at: number;
}

export type Purpose = 'VIEW' | 'REFERENCE' | 'UPDATE';
export type Tracking = 'TRACKING' | 'VIEWSTAT';

export interface Name {
  readonly text: string;
  readonly at: number;
}

export interface FromItem {
  readonly path: Path;
  readonly alias: Name | undefined;
}

/** `Account.Owner.Name`: the last name is the field, those before it are relationships. */
export interface Path {
  readonly kind: 'path';
  readonly names: readonly [Name, ...Name[]];
  readonly at: number;
}

/** A function of the SOQL language; its name in upper case. */
export interface Call {
  readonly kind: 'call';
  readonly name: FunctionName;
  readonly arguments: readonly Argument[];
  readonly at: number;
}

export interface Geolocation {
  readonly kind: 'geolocation';
  readonly latitude: number;
  readonly longitude: number;
  readonly at: number;
}

export type Argument = Path | Call | Geolocation | Literal;
export type Expression = Path | Call;

export const AGGREGATES = ['COUNT', 'COUNT_DISTINCT', 'SUM', 'AVG', 'MIN', 'MAX'] as const;
export const DATE_FUNCTIONS = [
  'CALENDAR_MONTH',
  'CALENDAR_QUARTER',
  'CALENDAR_YEAR',
  'DAY_IN_MONTH',
  'DAY_IN_WEEK',
  'DAY_IN_YEAR',
  'DAY_ONLY',
  'FISCAL_MONTH',
  'FISCAL_QUARTER',
  'FISCAL_YEAR',
  'HOUR_IN_DAY',
  'WEEK_IN_MONTH',
  'WEEK_IN_YEAR',
] as const;
export const OTHER_FUNCTIONS = [
  'TOLABEL',
  'FORMAT',
  'CONVERTCURRENCY',
  'CONVERTTIMEZONE',
  'DISTANCE',
  'FIELDS',
  'GROUPING',
] as const;

export type Aggregate = (typeof AGGREGATES)[number];
export type DateFunction = (typeof DATE_FUNCTIONS)[number];
export type FunctionName = Aggregate | DateFunction | (typeof OTHER_FUNCTIONS)[number];

export type SelectItem =
  | {
      readonly kind: 'expression';
      readonly expression: Expression;
      readonly alias: Name | undefined;
    }
  | { readonly kind: 'subquery'; readonly query: Query; readonly alias: Name | undefined }
  | TypeOf;

export interface TypeOf {
  readonly kind: 'typeof';
  readonly path: Path;
  readonly when: readonly { readonly type: Name; readonly fields: readonly Path[] }[];
  readonly otherwise: readonly Path[] | undefined;
  readonly at: number;
}

export type Operator =
  '=' | '!=' | '<' | '<=' | '>' | '>=' | 'LIKE' | 'IN' | 'NOT IN' | 'INCLUDES' | 'EXCLUDES';

export interface Comparison {
  readonly kind: 'comparison';
  readonly left: Expression;
  readonly operator: Operator;
  readonly right: Value;
  readonly at: number;
}

export type Condition =
  | { readonly kind: 'and' | 'or'; readonly terms: readonly Condition[] }
  | { readonly kind: 'not'; readonly term: Condition }
  | Comparison;

export type Literal =
  | { readonly kind: 'null'; readonly at: number }
  | { readonly kind: 'boolean'; readonly value: boolean; readonly at: number }
  /** The digits as they stand: a number of SOQL has more of them than a JavaScript number holds. */
  | { readonly kind: 'number'; readonly text: string; readonly at: number }
  /** `value` is what the string says; `pattern` the same for LIKE, where `\_` and `\%` are the characters themselves. */
  | {
      readonly kind: 'string';
      readonly value: string;
      readonly pattern: string;
      readonly at: number;
    }
  | { readonly kind: 'date' | 'datetime' | 'time'; readonly text: string; readonly at: number }
  | {
      readonly kind: 'period';
      readonly name: string;
      readonly count: number | undefined;
      readonly at: number;
    }
  | { readonly kind: 'currency'; readonly iso: string; readonly text: string; readonly at: number };

export type Value =
  | Literal
  | { readonly kind: 'list'; readonly values: readonly Literal[]; readonly at: number }
  | { readonly kind: 'subquery'; readonly query: Query; readonly at: number };

export interface GroupBy {
  readonly mode: 'plain' | 'rollup' | 'cube';
  readonly by: readonly Expression[];
}

export interface OrderItem {
  readonly expression: Expression;
  readonly descending: boolean;
  readonly nullsLast: boolean;
}

export type WithClause =
  | {
      readonly kind: 'mode';
      readonly mode: 'SECURITY_ENFORCED' | 'USER_MODE' | 'SYSTEM_MODE';
      readonly at: number;
    }
  | {
      readonly kind: 'category';
      readonly selections: readonly CategorySelection[];
      readonly at: number;
    }
  | { readonly kind: 'filter'; readonly condition: Condition; readonly at: number };

export interface CategorySelection {
  readonly group: Name;
  readonly selector: 'AT' | 'ABOVE' | 'BELOW' | 'ABOVE_OR_BELOW';
  readonly names: readonly Name[];
}
