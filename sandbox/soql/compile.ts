import { columnName } from '../store/layout.ts';
import { AGGREGATES, type Expression, type FunctionName, type Query } from './ast.ts';
import { compileAggregate } from './aggregate.ts';
import { Build } from './build.ts';
import type { CompiledQuery, CompileOptions } from './compiled.ts';
import { compileCondition } from './condition.ts';
import { csvOf } from './csv.ts';
import { compileField } from './expression.ts';
import { CHILD_LEVELS_MAX, SUBQUERIES_MAX } from './limits.ts';
import { compileOrderBy } from './order.ts';
import { countSql, pageSql } from './page.ts';
import { parseQuery } from './parse.ts';
import { recordJson } from './render.ts';
import {
  columnsOf,
  compileSelection,
  type Children,
  type Entry,
  type RecordNode,
} from './selection.ts';
import { Source } from './source.ts';
import { sourceOf } from './from.ts';
import { noSuchChildren } from './words.ts';

/** Compiles a SOQL statement to SQL for the org's database. A bad statement is refused with a SalesforceError in Salesforce's words. */
export function compileQuery(text: string, options: CompileOptions): CompiledQuery {
  return compileParsed(parseQuery(text), new Build(text, options), () => []);
}

/** A statement that is parsed already. `more` adds conditions of its own. */
export function compileParsed(
  query: Query,
  build: Build,
  more: (source: Source) => readonly string[],
): CompiledQuery {
  refuseApexOnly(build, query);
  const source = sourceOf(build, query);
  const where = [
    compileWhere(build, source, query),
    ...chunkConditions(build, source),
    ...more(source),
  ].join(' and ');
  if (isAggregate(query)) return compileAggregate({ build, source, where }, query);
  return compileRows({ build, source, where }, query);
}

interface Rows {
  readonly build: Build;
  readonly source: Source;
  readonly where: string;
}

function compileRows({ build, source, where }: Rows, query: Query): CompiledQuery {
  const children = (child: Query, parent: Source): Children =>
    compileChildren(build, { query: child, parent, level: 2 });
  const node = compileSelection({ build, source, compileChildren: children }, query);
  const order = compileOrderBy(build, query, (expression) =>
    compileField(build, source, expression),
  );
  const page = pageSql(build, query);
  const record = recordJson(build, node);
  const rest = `from ${source.from} where ${where}`;
  const records = `select ${record} as record ${rest}${order}${page}`;
  return {
    kind: 'rows',
    object: source.object,
    columns: columnsOf(node),
    count: build.statement(countSql(rest, page)),
    records: build.statement(`/* soql records */ ${records}`),
    recordsInline: build.inline(records),
    ids: build.statement(`/* soql ids */ select ${source.alias}."id" as id ${rest}${order}${page}`),
    recordsOf: (ids) => recordsOf(build, { source, record, ids }),
    csv: csvOf(build, { node, rest: `${rest}${order}${page}` }),
    uses: usesOf(query, node),
  };
}

function recordsOf(
  build: Build,
  { source, record, ids }: { source: Source; record: string; ids: readonly string[] },
) {
  const wanted = build.value(`{${ids.join(',')}}`, 'text[]');
  const from = source.fromAmong(
    `unnest(${wanted}) with ordinality as wanted(id, position)`,
    `${source.alias}."id" = wanted.id`,
  );
  return build.statement(
    `/* soql page */ select ${record} as record from ${from} order by wanted.position`,
  );
}

/** A child subquery as one JSON value per parent row. */
function compileChildren(
  build: Build,
  { query, parent, level }: { query: Query; parent: Source; level: number },
): Children {
  const [from] = query.from;
  const path = from?.path;
  const step = path?.names.at(-1) ?? { text: '', at: query.at };
  const { schema } = build.options;
  const relationship = schema.findChildRelationship(parent.object, step.text);
  const object =
    relationship === undefined ? undefined : schema.findObject(relationship.childSObject);
  const reference =
    object === undefined || relationship === undefined
      ? undefined
      : schema.findField(object, relationship.field);
  if (
    from === undefined ||
    relationship === undefined ||
    object === undefined ||
    reference === undefined
  ) {
    throw build.problem('INVALID_TYPE', noSuchChildren(step.text), step);
  }
  build.subqueries += 1;
  if (build.subqueries > SUBQUERIES_MAX || level > CHILD_LEVELS_MAX) {
    throw build.problem(
      'MALFORMED_QUERY',
      level > CHILD_LEVELS_MAX
        ? `maximum ${CHILD_LEVELS_MAX} levels of parent-to-child relationships are allowed in a query`
        : `maximum ${SUBQUERIES_MAX} parent-to-child relationships are allowed in a query`,
      step,
    );
  }
  const source = new Source(
    build,
    object,
    new Map(from.alias === undefined ? [] : [[from.alias.text.toLowerCase(), []]]),
  );
  const where = `${source.alias}.${columnName(reference)} = ${parent.alias}."id" and ${compileWhere(build, source, query)}`;
  const node = compileSelection(
    {
      build,
      source,
      compileChildren: (child, above) =>
        compileChildren(build, { query: child, parent: above, level: level + 1 }),
    },
    query,
  );
  const order = compileOrderBy(build, query, (expression) =>
    compileField(build, source, expression),
  );
  const rows = `select ${recordJson(build, node)} as record from ${source.from} where ${where}${order}${pageSql(build, query)}`;
  return {
    kind: 'children',
    name: relationship.relationshipName ?? step.text,
    object,
    columns: columnsOf(node),
    json: `coalesce((select '{"totalSize":' || count(*) || ',"done":true,"records":[' || string_agg(child.record, ',') || ']}' from (${rows}) child having count(*) > 0), 'null')`,
  };
}

function compileWhere(build: Build, source: Source, query: Query): string {
  const conditions = build.options.includeDeleted ? [] : [`not ${source.alias}."isdeleted"`];
  conditions.push(...scopeConditions(build, source, query));
  if (query.where !== undefined) {
    const operand = (expression: Expression) => compileField(build, source, expression);
    conditions.push(
      compileCondition(
        { build, operand, semiJoins: { objectName: source.object.name } },
        query.where,
      ),
    );
  }
  return conditions.length === 0 ? 'true' : conditions.join(' and ');
}

/** The part of the ids that is asked for. */
function chunkConditions(build: Build, source: Source): readonly string[] {
  const { first, before } = build.options.idRange ?? {};
  const id = `${source.alias}."id"`;
  return [
    ...(first === undefined ? [] : [`${id} >= ${build.value(first, 'text')}`]),
    ...(before === undefined ? [] : [`${id} < ${build.value(before, 'text')}`]),
  ];
}

/** USING SCOPE: everything, or what belongs to the caller. */
function scopeConditions(build: Build, source: Source, { scope }: Query): readonly string[] {
  switch (scope?.text.toLowerCase()) {
    case undefined:
    case 'everything':
      return [];
    case 'mine': {
      const owner = build.options.schema.findField(source.object, 'OwnerId');
      if (owner === undefined) break;
      return [
        `${source.alias}.${columnName(owner)} = ${build.value(build.options.userId, 'text')}`,
      ];
    }
    default:
  }
  throw build.problem(
    'MALFORMED_QUERY',
    `Invalid scope '${scope?.text ?? ''}' for ${source.object.name} in the sandbox org: use everything or mine`,
    scope ?? { at: 0 },
  );
}

function isAggregate(query: Query): boolean {
  return (
    query.groupBy !== undefined ||
    query.select.some(
      (item) =>
        item.kind === 'expression' &&
        item.expression.kind === 'call' &&
        isAggregateFunction(item.expression.name),
    )
  );
}

function isAggregateFunction(name: FunctionName): boolean {
  return AGGREGATES.some((aggregate) => aggregate === name);
}

/** What the grammar knows and only Apex may say, or only articles of a knowledge base have. */
function refuseApexOnly(build: Build, query: Query): void {
  const refuse = (message: string) => build.problem('MALFORMED_QUERY', message, query);
  if (query.allRows) throw refuse('ALL ROWS not allowed in this context');
  if (query.purposes.includes('UPDATE')) throw refuse('FOR UPDATE not allowed in this context');
  if (query.with?.kind === 'category' || query.with?.kind === 'filter') {
    throw build.problem(
      'MALFORMED_QUERY',
      'WITH filters are only supported on knowledge articles and questions, which the sandbox org does not have',
      query.with,
    );
  }
}

function usesOf(query: Query, node: RecordNode): CompiledQuery['uses'] {
  const entries = allEntries(node);
  return {
    offset: query.offset !== undefined,
    children: entries.some(({ kind }) => kind === 'children'),
    typeOf: entries.some(({ kind }) => kind === 'typeof'),
    compound: entries.flatMap((entry) =>
      entry.kind === 'field' && entry.field.components !== null ? [entry.name] : [],
    ),
    orderBy: query.orderBy.length > 0,
    limit: query.limit,
  };
}

function allEntries(node: RecordNode): readonly Entry[] {
  return [...node.entries.values()].flatMap((entry) =>
    entry.kind === 'parent' ? [entry, ...allEntries(entry.node)] : [entry],
  );
}
