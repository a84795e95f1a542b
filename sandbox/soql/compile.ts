import { AGGREGATES, type FunctionName, type Query } from './ast.ts';
import { compileAggregate } from './aggregate.ts';
import { Build } from './build.ts';
import { compileChildren } from './children.ts';
import type { CompiledQuery, CompileOptions } from './compiled.ts';
import { csvOf } from './csv.ts';
import { compileField } from './expression.ts';
import { sourceOf } from './from.ts';
import { entriesOf, listingOf } from './listing.ts';
import { compileOrderBy } from './order.ts';
import { countSql, pageSql } from './page.ts';
import { parseQuery } from './parse.ts';
import { recordJson } from './render.ts';
import { columnsOf, compileSelection, type Children, type RecordNode } from './selection.ts';
import type { Source } from './source.ts';
import { compileWhere } from './where.ts';

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
  const columns = columnsOf(node);
  const ids = build.statement(
    `/* soql ids */ select ${source.alias}."id" as id ${rest}${order}${page}`,
  );
  return {
    kind: 'rows',
    object: source.object,
    columns,
    count: build.statement(countSql(rest, page)),
    records: build.statement(`/* soql records */ ${records}`),
    recordsInline: build.inline(records),
    listing: {
      object: source.object,
      columns,
      ids: () => ids,
      ...listingOf(build, { source, node, record }),
    },
    childLists: build.childLists,
    childLevels: build.childLevels,
    csv: csvOf(build, { node, rest: `${rest}${order}${page}` }),
    uses: usesOf(query, node),
  };
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
  const entries = entriesOf(node);
  return {
    offset: query.offset !== undefined,
    children: entries.some(({ kind }) => kind === 'children'),
    typeOf: entries.some(({ kind }) => kind === 'typeof'),
    compound: entries.flatMap((entry) =>
      entry.kind === 'field' && entry.field.components !== null ? [entry.name] : [],
    ),
    orderBy: query.orderBy.length > 0,
    limit: query.limit,
    purposes: query.purposes,
  };
}
