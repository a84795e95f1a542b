import { z } from 'zod';

import { QUERY_PAGE_RECORDS, QUERY_PAGE_RECORDS_MIN } from '../limits.ts';
import { SalesforceError } from '../salesforce-error.ts';
import type { CompiledQuery, Statement } from '../soql/compiled.ts';
import { compileQuery } from '../soql/compile.ts';
import { fillDefinitions } from '../tooling/definitions.ts';
import { columnMetadata } from './columns.ts';
import { isListView, listViewQuery } from './presentation.ts';
import { findCursor, openCursor, readCursorIds } from './cursor.ts';
import {
  basePath,
  notFound,
  ok,
  RawJson,
  segment,
  type Handler,
  type RestRequest,
  type RestResponse,
} from './request.ts';

const Count = z.array(z.object({ count: z.string() }));
const Records = z.array(z.object({ record: z.string() }));

/** `GET /query?q=` and `/queryAll?q=`. */
export const query: Handler = async (request) => {
  const allRows = segment(request, 0).toLowerCase() === 'queryall';
  const explained = request.query.get('explain');
  const text = explained ?? request.query.get('q');
  if (text === null)
    throw new SalesforceError('MALFORMED_QUERY', 'Required parameter q is missing');
  if (explained !== null && isListView(explained))
    return explain(request, compile(request, listViewQuery(request, explained), allRows));
  const compiled = compile(request, text, allRows);
  await fillDefinitions(request.org, compiled.object.name);
  if (explained !== null) return explain(request, compiled);
  if (request.query.get('columns') === 'true') return ok(columnMetadata(compiled));
  if (compiled.kind === 'count') return countOnly(request, compiled);
  return firstPage(request, { compiled, text, allRows });
};

function compile(request: RestRequest, text: string, includeDeleted: boolean): CompiledQuery {
  const { org, session, version } = request;
  return compileQuery(text, {
    schema: org.schema(),
    now: new Date(org.clock.now()),
    apiVersion: version,
    userId: session.userId,
    includeDeleted,
  });
}

async function countOnly(request: RestRequest, compiled: CompiledQuery): Promise<RestResponse> {
  const { rows } = await request.org.pool.query(compiled.count.text, [...compiled.count.values]);
  return ok({ totalSize: Number(Count.parse(rows)[0]?.count ?? 0), done: true, records: [] });
}

interface FirstPage {
  readonly compiled: CompiledQuery;
  readonly text: string;
  readonly allRows: boolean;
}

/**
 * One row more than a page is asked for: when it does not come the answer is complete, in one round trip. Otherwise the
 * ids of all rows are kept under a locator, so that later pages neither repeat nor miss a record whatever is written
 * meanwhile.
 */
async function firstPage(
  request: RestRequest,
  { compiled, text, allRows }: FirstPage,
): Promise<RestResponse> {
  const size = batchSize(request);
  const { org } = request;
  const peek = `select record from (${compiled.records.text}) as page limit ${size + 1}`;
  const { rows } = await (request.client ?? org.pool).query(peek, [...compiled.records.values]);
  const records = Records.parse(rows);
  if (records.length <= size)
    return ok(page({ total: records.length, records: records.map(({ record }) => record) }));
  if (compiled.ids === undefined) {
    throw new SalesforceError(
      'EXCEEDED_ID_LIMIT',
      'Aggregate query does not support queryMore(), use LIMIT to restrict the results to a single batch',
    );
  }
  const cursor = await openCursor(org, compiled.ids, {
    userId: request.session.userId,
    object: compiled.object.name,
    query: text,
    allRows,
    batchSize: size,
  });
  return cursorPage(request, cursor.id, 0);
}

/** `GET /query/01g…-2000` */
export const queryMore: Handler = (request) => {
  const [id = '', offset = ''] = segment(request, 1).split('-');
  if (!/^\d+$/.test(offset)) throw badLocator();
  return cursorPage(request, id, Number(offset));
};

async function cursorPage(request: RestRequest, id: string, offset: number): Promise<RestResponse> {
  const cursor = await findCursor(request.org, id, request.session.userId);
  if (cursor === undefined || offset >= cursor.total) throw badLocator();
  const ids = await readCursorIds(request.org, cursor, offset);
  const compiled = compile(request, cursor.query, cursor.allRows);
  const statement: Statement | undefined = compiled.recordsOf?.(ids);
  if (statement === undefined) throw notFound();
  const { rows } = await request.org.pool.query(statement.text, [...statement.values]);
  const next = offset + ids.length;
  return ok(
    page({
      total: cursor.total,
      records: Records.parse(rows).map(({ record }) => record),
      next: next < cursor.total ? `${basePath(request)}/query/${cursor.id}-${next}` : undefined,
    }),
  );
}

function badLocator(): SalesforceError {
  return new SalesforceError('INVALID_QUERY_LOCATOR', 'invalid query locator');
}

/** Records are JSON texts from PostgreSQL: they are joined, not parsed. */
function page({
  total,
  records,
  next,
}: {
  total: number;
  records: readonly string[];
  next?: string | undefined;
}): RawJson {
  const more =
    next === undefined ? '"done":true' : `"done":false,"nextRecordsUrl":${JSON.stringify(next)}`;
  return new RawJson(`{"totalSize":${total},${more},"records":[${records.join(',')}]}`);
}

/** `Sforce-Query-Options: batchSize=200` */
function batchSize({ headers }: RestRequest): number {
  const asked = /batchSize\s*=\s*(\d+)/i.exec(String(headers['sforce-query-options'] ?? ''))?.[1];
  if (asked === undefined) return QUERY_PAGE_RECORDS;
  return Math.min(QUERY_PAGE_RECORDS, Math.max(QUERY_PAGE_RECORDS_MIN, Number(asked)));
}

const Plans = z.tuple([
  z.object({
    'QUERY PLAN': z.tuple([
      z.object({
        Plan: z.object({
          'Node Type': z.string(),
          'Plan Rows': z.number(),
          'Total Cost': z.number(),
        }),
      }),
    ]),
  }),
]);

/** PostgreSQL's own plan, in Salesforce's shape. */
async function explain(request: RestRequest, compiled: CompiledQuery): Promise<RestResponse> {
  const { rows } = await request.org.pool.query(`explain (format json) ${compiled.records.text}`, [
    ...compiled.records.values,
  ]);
  const [
    {
      'QUERY PLAN': [{ Plan: plan }],
    },
  ] = Plans.parse(rows);
  const index = /index/i.test(plan['Node Type']);
  return ok({
    plans: [
      {
        cardinality: Math.round(plan['Plan Rows']),
        fields: [],
        leadingOperationType: index ? 'Index' : 'TableScan',
        notes: [],
        relativeCost: plan['Total Cost'] / 1_000,
        sobjectCardinality: Math.round(plan['Plan Rows']),
        sobjectType: compiled.object.name,
      },
    ],
    sourceQuery: request.query.get('explain'),
  });
}
