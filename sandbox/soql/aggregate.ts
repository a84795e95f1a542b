import {
  AGGREGATES,
  type Call,
  type Condition,
  type Expression,
  type Name,
  type Query,
  type SelectItem,
} from './ast.ts';
import type { Build } from './build.ts';
import type { Column, CompiledQuery } from './compiled.ts';
import { inCorporateCurrency } from './currency.ts';
import { countSql, pageSql } from './page.ts';
import { aggregateSql, aggregateType } from './aggregate-sql.ts';
import { compileCondition } from './condition.ts';
import { compileField, derived, pathArgument } from './expression.ts';
import { AGGREGATE_ROWS_MAX, SUBTOTAL_FIELDS_MAX } from './limits.ts';
import { kindOf, type CompileOperand, type Operand } from './operand.ts';
import { compileOrderBy } from './order.ts';
import { concatenated, valueJson } from './render.ts';
import { formatted } from './shown-value.ts';
import type { Source } from './source.ts';

export interface AggregateContext {
  readonly build: Build;
  readonly source: Source;
  readonly where: string;
}

const COUNT_ALONE = 'COUNT() must be the only element in the SELECT list';

interface Shown {
  readonly name: string;
  readonly operand: Operand;
}

/** A query with aggregate functions or GROUP BY: its records are of the type AggregateResult. */
export function compileAggregate(context: AggregateContext, query: Query): CompiledQuery {
  const { build, source, where } = context;
  const total = totalItem(query);
  if (total !== undefined) return compileCount(context, query);
  const groups = new Groups(build, source, query);
  const shown = compileItems(build, groups, query);
  const having =
    query.having === undefined ? '' : ` having ${compileHaving(build, groups, query.having)}`;
  const order = compileOrderBy(build, query, groups.ordered);
  if (query.groupBy === undefined) refuseUngrouped(build, query);
  const page = pageSql(build, query) || ` limit ${AGGREGATE_ROWS_MAX}`;
  const rest = `from ${source.from} where ${where}${groups.sql}${having}`;
  const json = concatenated([
    { text: '{"attributes":{"type":"AggregateResult"}' },
    ...shown.flatMap(({ name, operand }) => [
      { text: `,${JSON.stringify(name)}:` },
      { sql: valueJson(operand) },
    ]),
    { text: '}' },
  ]);
  return {
    kind: 'aggregate',
    object: source.object,
    columns: shown.map(columnOfShown),
    count: build.statement(countSql(rest, page)),
    recordsInline: build.inline(`select ${json} as record ${rest}${order}${page}`),
    records: build.statement(
      `/* soql aggregate */ select ${json} as record ${rest}${order}${page}`,
    ),
    listing: undefined,
    childLists: [],
    childLevels: 0,
    csv: undefined,
    uses: {
      offset: query.offset !== undefined,
      children: false,
      typeOf: false,
      compound: [],
      orderBy: query.orderBy.length > 0,
      limit: query.limit,
      purposes: [],
    },
  };
}

function columnOfShown({ name, operand }: Shown): Column {
  return { kind: 'expression', name, type: operand.type, aggregate: operand.aggregate };
}

/** `COUNT()` alone. */
function totalItem({ select }: Query): Call | undefined {
  for (const item of select) {
    if (item.kind !== 'expression' || item.expression.kind !== 'call') continue;
    if (item.expression.name === 'COUNT' && item.expression.arguments.length === 0) {
      return item.expression;
    }
  }
  return undefined;
}

function compileCount({ build, source, where }: AggregateContext, query: Query): CompiledQuery {
  const [item, ...others] = query.select;
  if (
    others.length > 0 ||
    query.groupBy !== undefined ||
    (item?.kind === 'expression' && item.alias !== undefined)
  ) {
    throw build.problem('MALFORMED_QUERY', COUNT_ALONE, query);
  }
  if (query.orderBy.length > 0) {
    throw build.problem('MALFORMED_QUERY', 'COUNT() cannot be used with ORDER BY', query);
  }
  const page = pageSql(build, query);
  const count = build.statement(countSql(`from ${source.from} where ${where}`, page));
  return {
    kind: 'count',
    object: source.object,
    columns: [],
    count,
    recordsInline: 'select null::text as record where false',
    records: { text: `/* soql no records */ select null::text as record where false`, values: [] },
    listing: undefined,
    childLists: [],
    childLevels: 0,
    csv: undefined,
    uses: {
      offset: query.offset !== undefined,
      children: false,
      typeOf: false,
      compound: [],
      orderBy: false,
      limit: query.limit,
      purposes: [],
    },
  };
}

function refuseUngrouped(build: Build, query: Query): void {
  if (query.limit === undefined && query.offset === undefined) return;
  throw build.problem(
    'MALFORMED_QUERY',
    'Non-grouped query that uses overall aggregate functions cannot also use LIMIT',
    query,
  );
}

/** What the rows are grouped by. Everything else a grouped query says is one of these or an aggregate. */
class Groups {
  readonly sql: string;
  readonly operand: CompileOperand;
  /** The same for ORDER BY, which is refused in words of its own. */
  readonly ordered: CompileOperand;
  readonly #build: Build;
  readonly #source: Source;
  readonly #grouped: ReadonlySet<string>;

  constructor(build: Build, source: Source, query: Query) {
    this.#build = build;
    this.#source = source;
    if (
      query.groupBy !== undefined &&
      query.groupBy.mode !== 'plain' &&
      query.groupBy.by.length > SUBTOTAL_FIELDS_MAX
    ) {
      throw build.problem(
        'MALFORMED_QUERY',
        `GROUP BY ${query.groupBy.mode.toUpperCase()} takes at most ${SUBTOTAL_FIELDS_MAX} fields`,
        query.groupBy.by[SUBTOTAL_FIELDS_MAX] ?? query,
      );
    }
    const keys = (query.groupBy?.by ?? []).map((expression) => this.#groupKey(expression));
    this.#grouped = new Set(keys);
    this.sql = groupBySql(query, keys);
    this.operand = (expression) => this.#operand(expression, 'Field');
    this.ordered = (expression) => this.#operand(expression, 'Ordered field');
  }

  #groupKey(expression: Expression): string {
    const operand = compileField(this.#build, this.#source, expression);
    if (operand.field?.groupable === false && expression.kind === 'path') {
      throw this.#build.problem(
        'MALFORMED_QUERY',
        `field '${operand.label}' can not be grouped in a query call`,
        operand,
      );
    }
    return operand.sql;
  }

  #operand(expression: Expression, role: string): Operand {
    if (expression.kind === 'call') {
      const aggregate = this.#aggregate(expression);
      if (aggregate !== undefined) return aggregate;
      if (expression.name === 'FORMAT') return this.#format(expression, role);
    }
    const operand = compileField(this.#build, this.#source, expression);
    if (!this.#grouped.has(operand.sql)) {
      throw this.#build.problem(
        'MALFORMED_QUERY',
        `${role} must be grouped or aggregated: ${operand.label}`,
        operand,
      );
    }
    return { ...operand, nullable: true };
  }

  #format(call: Call, role: string): Operand {
    const [argument] = call.arguments;
    const inner = argument?.kind === 'call' ? argument : pathArgument(this.#build, call);
    return derived(call, formatted(this.#build, this.#operand(inner, role)), 'string');
  }

  #aggregate(call: Call): Operand | undefined {
    if (call.name === 'GROUPING') {
      const inner = compileField(this.#build, this.#source, pathArgument(this.#build, call));
      return { ...derived(call, `grouping(${inner.sql})`, 'int'), aggregate: true };
    }
    const name = AGGREGATES.find((known) => known === call.name);
    if (name === undefined) return undefined;
    if (call.arguments.length === 0) {
      throw this.#build.problem('MALFORMED_QUERY', COUNT_ALONE, call);
    }
    const inner = compileField(this.#build, this.#source, pathArgument(this.#build, call));
    const kind = kindOf(inner.type);
    const numeric = kind === 'integer' || kind === 'decimal';
    const refused =
      ((name === 'SUM' || name === 'AVG') && !numeric) ||
      inner.field?.aggregatable === false ||
      kind === 'boolean' ||
      kind === 'compound';
    if (refused && !(name === 'COUNT' && inner.field?.type === 'id')) {
      throw this.#build.problem(
        'MALFORMED_QUERY',
        `field ${inner.label} does not support aggregate operator ${call.name}`,
        inner,
      );
    }
    return {
      // Amounts of several currencies are added up in the corporate one.
      ...derived(
        call,
        aggregateSql(name, { ...inner, sql: inCorporateCurrency(inner) }),
        aggregateType(name, inner.type),
      ),
      aggregate: true,
    };
  }
}

function groupBySql(query: Query, keys: readonly string[]): string {
  if (query.groupBy === undefined) return '';
  const { mode } = query.groupBy;
  return ` group by ${mode === 'plain' ? keys.join(', ') : `${mode}(${keys.join(', ')})`}`;
}

function compileHaving(build: Build, groups: Groups, having: Condition): string {
  return compileCondition({ build, operand: groups.operand, semiJoins: undefined }, having);
}

/** The select list; functions without an alias are expr0, expr1, … in their order. */
function compileItems(build: Build, groups: Groups, query: Query): readonly Shown[] {
  let unnamed = 0;
  const names = new Set<string>();
  return query.select.map((item) => {
    const expression = expressionOf(build, item, query);
    const alias = item.kind === 'expression' ? item.alias : undefined;
    const operand = groups.operand(expression);
    const name = nameOf(alias, { expression, operand }) ?? `expr${unnamed}`;
    if (name === `expr${unnamed}`) unnamed += 1;
    if (names.has(name.toLowerCase())) {
      throw build.problem('MALFORMED_QUERY', `duplicate alias: ${name}`, alias ?? operand);
    }
    names.add(name.toLowerCase());
    return { name, operand };
  });
}

function expressionOf(build: Build, item: SelectItem, query: Query): Expression {
  if (item.kind === 'expression') return item.expression;
  throw build.problem(
    'MALFORMED_QUERY',
    'Grouped query cannot use child relationships in the SELECT list',
    item.kind === 'subquery' ? item.query : query,
  );
}

function nameOf(
  alias: Name | undefined,
  { expression, operand }: { expression: Expression; operand: Operand },
): string | undefined {
  if (alias !== undefined) return alias.text;
  return expression.kind === 'path' ? operand.field?.name : undefined;
}
