import { z } from 'zod';

import { findCalendar } from '../caller-calendar.ts';
import type { Route } from '../rest/dispatch.ts';
import { ok, RawJson, type Handler, type RestRequest, type RestResponse } from '../rest/request.ts';
import type { FieldDef } from '../schema/field.ts';
import type { ObjectDef } from '../schema/schema.ts';
import type { Query } from '../soql/ast.ts';
import { Build } from '../soql/build.ts';
import { compileParsed } from '../soql/compile.ts';
import type { Source } from '../soql/source.ts';
import { pageRecords } from '../soql/width.ts';
import { columnName } from '../store/layout.ts';
import { findId18 } from '../store/record-id.ts';
import type { SearchExpression } from './expression.ts';
import { OBJECTS_WITHOUT_RETURNING_MAX, SEARCH_RECORDS_MAX } from './limits.ts';
import { searchStatement } from './parameters.ts';
import { idOnly, parseSearch, type Returning, type Search, type SearchGroup } from './parse.ts';
import { badSearch } from './problem.ts';

const Records = z.array(z.object({ record: z.string() }));

/** `/search?q=FIND {…}` and `/parameterizedSearch`. */
export function searchRoutes(): readonly Route[] {
  return [
    { method: 'GET', path: 'search', handler: search },
    { method: 'GET', path: 'parameterizedSearch', handler: parameterizedSearch },
    { method: 'POST', path: 'parameterizedSearch', handler: parameterizedSearch },
  ];
}

const search: Handler = (request) => {
  const statement = request.query.get('q');
  if (statement === null) throw badSearch('Required parameter q is missing');
  return answer(request, parseSearch(statement));
};

const parameterizedSearch: Handler = (request) =>
  answer(request, parseSearch(searchStatement(request)));

/** Objects in the order of RETURNING, one query for each, until the limit of the whole is reached. */
async function answer(request: RestRequest, found: Search): Promise<RestResponse> {
  const returning = found.returning ?? searchable(request).map(wholeObject);
  const records: string[] = [];
  let left = Math.min(found.limit ?? SEARCH_RECORDS_MAX, SEARCH_RECORDS_MAX);
  for (const one of returning) {
    if (left === 0) break;
    const more = await searchObject(request, found, {
      ...one,
      limit: Math.min(one.limit ?? left, left),
    });
    records.push(...more);
    left -= more.length;
  }
  const metadata = found.labels
    ? `,"metadata":${JSON.stringify(labelsOf(request, returning))}`
    : '';
  return ok(new RawJson(`{"searchRecords":[${records.join(',')}]${metadata}}`));
}

/** The labels of what was asked for, by object. */
function labelsOf({ org }: RestRequest, returning: readonly Returning[]): object {
  const schema = org.schema();
  return {
    entityetadata: returning.flatMap(({ object: { text }, select }) => {
      const object = schema.findObject(text);
      if (object === undefined) return [];
      const paths = select.flatMap((item) =>
        item.kind === 'expression' && item.expression.kind === 'path' ? [item.expression] : [],
      );
      const fields = paths.flatMap(({ names }) => schema.findField(object, names[0].text) ?? []);
      return [
        {
          entityName: object.name,
          fieldMetadata: fields.map(({ name, label }) => ({ name, label })),
        },
      ];
    }),
  };
}

function searchable({ org }: RestRequest): readonly ObjectDef[] {
  return org
    .schema()
    .objects.filter((object) => object.flags.searchable && !object.isView)
    .slice(0, OBJECTS_WITHOUT_RETURNING_MAX);
}

function wholeObject(object: ObjectDef): Returning {
  const name = { text: object.name, at: 0 };
  return {
    object: name,
    select: [idOnly(name)],
    where: undefined,
    orderBy: [],
    limit: undefined,
    offset: undefined,
  };
}

async function searchObject(
  { org, session, version }: RestRequest,
  found: Search,
  returning: Returning,
): Promise<readonly string[]> {
  const build = new Build(found.text, {
    schema: org.schema(),
    now: new Date(org.clock.now()),
    calendar: await findCalendar(org, session.userId, found.text),
    apiVersion: version,
    userId: session.userId,
    includeDeleted: false,
  });
  const indexed = new Date(org.clock.now() - org.settings.searchDelayMs);
  const { records, columns } = compileParsed(queryOf(returning), build, (source) => [
    conditionOf(build, source, found),
    ...indexedBefore(build, source, { indexed, delayed: org.settings.searchDelayMs > 0 }),
    ...ofPricebook(build, source, found),
  ]);
  const most = pageRecords(columns, SEARCH_RECORDS_MAX);
  const { rows } = await org.pool.query(
    `select record from (${records.text}) as found limit ${most}`,
    [...records.values],
  );
  return Records.parse(rows).map(({ record }) => record);
}

/** What was made a moment ago is not in the search index yet. */
function indexedBefore(
  build: Build,
  source: Source,
  { indexed, delayed }: { readonly indexed: Date; readonly delayed: boolean },
): readonly string[] {
  const created = build.options.schema.findField(source.object, 'CreatedDate');
  if (!delayed || created === undefined) return [];
  return [
    `${source.alias}.${columnName(created)} <= ${build.value(indexed.toISOString(), 'timestamptz')}`,
  ];
}

function ofPricebook(build: Build, source: Source, { pricebookId }: Search): readonly string[] {
  if (pricebookId === undefined || source.object.name !== 'Product2') return [];
  const id = findId18(pricebookId);
  if (id === undefined) throw badSearch(`invalid ID field: ${pricebookId}`);
  return [
    `${source.alias}."id" in (select product2id from org.pricebookentry where pricebook2id = ${build.value(id, 'text')} and not isdeleted)`,
  ];
}

function queryOf({ object, select, where, orderBy, limit, offset }: Returning): Query {
  const path = { kind: 'path' as const, names: [object] as const, at: object.at };
  return {
    select,
    from: [{ path, alias: undefined }],
    scope: undefined,
    where,
    with: undefined,
    groupBy: undefined,
    having: undefined,
    orderBy,
    limit,
    offset,
    allRows: false,
    purposes: [],
    tracking: [],
    at: object.at,
  };
}

/** The fields of a group, joined into one text with line ends between them: a phrase never reaches from one to the next. */
function conditionOf(build: Build, source: Source, { group, expression }: Search): string {
  const fields = source.object.fields.filter(
    (field) => field.column !== null && isIn(group, field),
  );
  if (fields.length === 0) return 'false';
  const whole = `concat_ws(E'\\n', ${fields.map((field) => `${source.alias}.${columnName(field)}`).join(', ')})`;
  return matchOf(build, `(${whole} || E'\\n' || ${partsOfWords(whole)})`, expression);
}

/** `SampleAccount` is found as a whole and by either of its parts. */
function partsOfWords(text: string): string {
  return `regexp_replace(${text}, '([[:lower:]])([[:upper:]])', '\\1 \\2', 'g')`;
}

function matchOf(build: Build, text: string, expression: SearchExpression): string {
  switch (expression.kind) {
    case 'phrase':
      return `${text} ~* ${build.value(expression.pattern, 'text')}`;
    case 'not':
      return `not (${matchOf(build, text, expression.term)})`;
    case 'and':
    case 'or':
    default:
      return `(${expression.terms.map((term) => matchOf(build, text, term)).join(` ${expression.kind} `)})`;
  }
}

function isIn(group: SearchGroup, field: FieldDef): boolean {
  const { type, nameField, name, externalId } = field;
  const isName = nameField || name === 'FirstName' || name === 'LastName' || name === 'Subject';
  switch (group) {
    case 'NAME':
      return isName;
    case 'EMAIL':
      return type === 'email';
    case 'PHONE':
      return type === 'phone';
    case 'SIDEBAR':
      return isName || type === 'email' || type === 'phone' || externalId;
    case 'ALL':
    default:
      return ['string', 'textarea', 'email', 'phone', 'url', 'picklist', 'combobox'].includes(type);
  }
}
