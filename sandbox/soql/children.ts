import { columnName } from '../store/layout.ts';
import type { Query } from './ast.ts';
import type { Build } from './build.ts';
import { NEXT_MARK, type Column } from './compiled.ts';
import { compileField } from './expression.ts';
import { CHILD_LEVELS_MAX, SUBQUERIES_MAX } from './limits.ts';
import { listingOf, sumOf, weightTerms } from './listing.ts';
import { compileOrderBy } from './order.ts';
import { pageSql } from './page.ts';
import { recordJson } from './render.ts';
import { columnsOf, compileSelection, type Children, type RecordNode } from './selection.ts';
import { Source } from './source.ts';
import { compileWhere } from './where.ts';
import { noSuchChildren } from './words.ts';

export interface ChildQuery {
  readonly query: Query;
  readonly parent: Source;
  /** The outermost query is the first. */
  readonly level: number;
}

/** The parts of a child list's SQL. */
interface List {
  readonly build: Build;
  readonly source: Source;
  readonly node: RecordNode;
  readonly record: string;
  readonly rest: string;
  readonly order: string;
  readonly page: string;
}

/** A child subquery as one JSON value per parent row. */
export function compileChildren(build: Build, { query, parent, level }: ChildQuery): Children {
  const { relationshipName, object, reference, alias } = resolve(build, { query, parent, level });
  const number = build.childLists.length;
  const source = new Source(
    build,
    object,
    new Map(alias === undefined ? [] : [[alias.toLowerCase(), []]]),
  );
  const ofParent = (id: string): string => `${source.alias}.${columnName(reference)} = ${id}`;
  const condition = compileWhere(build, source, query);
  const columns: Column[] = [];
  const listing = { object, columns };
  // The place in the list is taken before the lists inside this one take theirs.
  build.childLists.push({ ...listing, ids: unready, recordsOf: unready, weightsOf: undefined });
  const node = compileSelection(
    {
      build,
      source,
      compileChildren: (child, above) =>
        compileChildren(build, { query: child, parent: above, level: level + 1 }),
    },
    query,
  );
  columns.push(...columnsOf(node));
  const order = compileOrderBy(build, query, (expression) =>
    compileField(build, source, expression),
  );
  const record = recordJson(build, node);
  const restOf = (id: string): string =>
    `from ${source.from} where ${ofParent(id)} and ${condition}`;
  const page = pageSql(build, query);
  const list = { build, source, node, record, order, page, rest: restOf(`${parent.alias}."id"`) };
  build.childLists[number] = {
    ...listing,
    ids: (parentId = '') =>
      build.statement(
        `/* soql child ids */ select ${source.alias}."id" as id ${restOf(build.value(parentId, 'text'))}${tied(list)}${page}`,
      ),
    ...listingOf(build, { source, node, record }),
  };
  const most = build.options.childRecordsMax;
  return {
    kind: 'children',
    name: relationshipName,
    object,
    columns,
    json: most === undefined ? wholeList(list) : firstPage(list, { parent, number, most }),
    weight: (_, counted) => weightOf(list, counted),
  };
}

function unready(): never {
  throw new TypeError('a child list is read before it is compiled');
}

/** What the subquery's FROM names, if the parent has such children and there are not too many subqueries. */
function resolve(build: Build, { query, parent, level }: ChildQuery) {
  const [from] = query.from;
  const step = from?.path.names.at(-1) ?? { text: '', at: query.at };
  const { schema } = build.options;
  const relationship = schema.findChildRelationship(parent.object, step.text);
  const object =
    relationship === undefined ? undefined : schema.findObject(relationship.childSObject);
  const reference =
    object === undefined || relationship === undefined
      ? undefined
      : schema.findField(object, relationship.field);
  if (relationship === undefined || object === undefined || reference === undefined) {
    throw build.problem('INVALID_TYPE', noSuchChildren(step.text), step);
  }
  build.subqueries += 1;
  build.childLevels = Math.max(build.childLevels, level - 1);
  if (level > CHILD_LEVELS_MAX) {
    throw build.problem(
      'MALFORMED_QUERY',
      `maximum ${CHILD_LEVELS_MAX} levels of parent-to-child relationships are allowed in a query`,
      step,
    );
  }
  if (build.subqueries > SUBQUERIES_MAX) {
    throw build.problem(
      'MALFORMED_QUERY',
      `maximum ${SUBQUERIES_MAX} parent-to-child relationships are allowed in a query`,
      step,
    );
  }
  const relationshipName = relationship.relationshipName ?? step.text;
  return { relationshipName, object, reference, alias: from?.alias?.text };
}

function wholeList({ record, rest, order, page }: List): string {
  return `coalesce((select '{"totalSize":' || count(*) || ',"done":true,"records":[' || string_agg(child.record, ',') || ']}' from (select ${record} as record ${rest}${order}${page}) child having count(*) > 0), 'null')`;
}

/** The list's first records; where there are more, a mark in place of the locator that leads to them. */
function firstPage(
  list: List,
  { parent, number, most }: { parent: Source; number: number; most: number },
): string {
  const { record, rest, page } = list;
  const limited = `select * from (select ${record} as record ${rest}${tied(list)}${page}) every_child limit ${most + 1}`;
  const numbered = `select record, row_number() over () as place from (${limited}) first_children`;
  const total = `(select count(*) from (select 1 ${rest}${page}) counted)`;
  const mark = `'${NEXT_MARK}${number}:' || ${parent.alias}."id" || '${NEXT_MARK}'`;
  const head = `case when count(*) > ${most} then ${total} || ',"done":false,"nextRecordsUrl":"' || ${mark} || '"' else count(*) || ',"done":true' end`;
  return `coalesce((select '{"totalSize":' || ${head} || ',"records":[' || string_agg(child.record, ',') filter (where place <= ${most}) || ']}' from (${numbered}) child having count(*) > 0), 'null')`;
}

/** How many records the list and the lists in it hold, counted no further than needed. */
function weightOf({ build, node, rest, page }: List, most: number): string {
  const inner = weightTerms(node);
  const weight = inner.length === 0 ? '1' : `1 + ${sumOf(inner, build, most)}`;
  return `(select coalesce(sum(weight), 0) from (select * from (select ${weight} as weight ${rest}${page}) every_child limit ${most}) counted)`;
}

/** An order in which no two records are equal, so that the next page goes on exactly where this one ends. */
function tied({ source, order }: List): string {
  const id = `${source.alias}."id"`;
  return order === '' ? ` order by ${id}` : `${order}, ${id}`;
}
