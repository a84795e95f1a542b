import { z } from 'zod';

import { queryOfReport } from '../analytics/explained-query.ts';
import { schemaFor } from '../access/record-access.ts';
import { findCalendar } from '../caller-calendar.ts';
import { QUERY_PAGE_RECORDS, QUERY_PAGE_RECORDS_MIN } from '../limits.ts';
import { SalesforceError } from '../salesforce-error.ts';
import type { CompiledQuery, CompileOptions, Listing } from '../soql/compiled.ts';
import { compileQuery } from '../soql/compile.ts';
import { pageRecords } from '../soql/width.ts';
import { fillDefinitions } from '../tooling/definitions.ts';
import { columnMetadata } from './columns.ts';
import { isListView, listViewQuery } from './presentation.ts';
import { endChildCursors, findCursor, openCursor, readCursorIds, type Cursor } from './cursor.ts';
import { explain } from './explain.ts';
import { crowdedChildren, fitFamilies, locatorUrl, openChildCursors } from './families.ts';
import { idsOfRecords, markViewed, VIEWED } from './viewed.ts';
import {
  notFound,
  ok,
  RawJson,
  segment,
  type Handler,
  type RestRequest,
  type RestResponse,
} from './request.ts';

const Count = z.array(z.object({ count: z.string() }));
const Ids = z.array(z.object({ id: z.string() }));
const Records = z.array(z.object({ record: z.string() }));

/** `GET /query?q=` and `/queryAll?q=`. */
export const query: Handler = async (request) => {
  const allRows = segment(request, 0).toLowerCase() === 'queryall';
  const explained = request.query.get('explain');
  const text = explained ?? request.query.get('q');
  if (text === null)
    throw new SalesforceError('MALFORMED_QUERY', 'Required parameter q is missing');
  const behind = explained === null ? undefined : await queryBehind(request, explained);
  if (behind !== undefined) return explain(request, await compileFor(request, behind, allRows));
  const compiled = await compileFor(request, text, allRows);
  await fillDefinitions(request.org, compiled.object.name);
  if (explained !== null) return explain(request, compiled);
  if (request.query.get('columns') === 'true') return ok(columnMetadata(compiled));
  if (compiled.kind === 'count') return countOnly(request, compiled);
  return firstPage(request, { compiled, text, allRows });
};

/** The query of a list view or a report, which `explain` takes the id of. */
async function queryBehind(request: RestRequest, text: string): Promise<string | undefined> {
  return isListView(text) ? listViewQuery(request, text) : queryOfReport(request, text);
}

/** SOQL as the caller of a request may read. */
export async function compileFor(
  request: RestRequest,
  text: string,
  includeDeleted: boolean,
): Promise<CompiledQuery> {
  return compile(request, text, { includeDeleted });
}

async function compile(
  request: RestRequest,
  text: string,
  more: Pick<CompileOptions, 'includeDeleted' | 'childRecordsMax'>,
): Promise<CompiledQuery> {
  const { org, session, version, tooling = false } = request;
  return compileQuery(text, {
    schema: await schemaFor(org, text),
    now: new Date(org.clock.now()),
    calendar: await findCalendar(org, session.userId, text),
    apiVersion: version,
    tooling,
    userId: session.userId,
    ...more,
  });
}

async function countOnly(request: RestRequest, compiled: CompiledQuery): Promise<RestResponse> {
  const { rows } = await request.org.pool.query(compiled.count.text, [...compiled.count.values]);
  const total = Number(Count.parse(rows)[0]?.count ?? 0);
  return ok(page(request, { total, records: [], object: compiled.object.name }));
}

interface FirstPage {
  readonly compiled: CompiledQuery;
  readonly text: string;
  readonly allRows: boolean;
}

/**
 * One row more than a page is asked for: when it does not come the answer is complete, in one round trip. Otherwise the
 * ids of all rows are kept under a locator, so that later pages neither repeat nor miss a record whatever is written
 * meanwhile. Where records have child lists, it depends on these how many fit.
 */
async function firstPage(
  request: RestRequest,
  { compiled, text, allRows }: FirstPage,
): Promise<RestResponse> {
  const size = pageRecords(compiled.columns, batchSize(request));
  const whole =
    compiled.listing?.weightsOf === undefined
      ? await readRecords(request, compiled, size)
      : await readFamilies(request, compiled.listing, size);
  if ((whole?.length ?? size) > 1 && readsMetadata(compiled)) throw tooMuchMetadata(whole);
  if (whole !== undefined) {
    await noteViews(request, compiled, whole);
    const object = compiled.object.name;
    return ok(page(request, { total: whole.length, records: whole, object }));
  }
  if (compiled.listing === undefined) {
    throw new SalesforceError(
      'EXCEEDED_ID_LIMIT',
      'Aggregate query does not support queryMore(), use LIMIT to restrict the results to a single batch',
    );
  }
  const cursor = await openCursor(request.org, compiled.listing.ids(), {
    userId: request.session.userId,
    object: compiled.object.name,
    query: text,
    allRows,
    batchSize: size,
    child: null,
    parentId: null,
  });
  return cursorPage(request, cursor.id, 0);
}

/** Metadata is read of one definition at a time. */
function readsMetadata({ columns }: CompiledQuery): boolean {
  return columns.some((column) => column.kind === 'field' && column.field.type === 'complexvalue');
}

function tooMuchMetadata(found: readonly string[] | undefined): SalesforceError {
  return new SalesforceError(
    'MALFORMED_QUERY',
    `When retrieving results with Metadata or FullName fields, the query qualifications must specify no more than one row for retrieval. Result size: ${found?.length ?? 'unknown'}`,
  );
}

/** All records; undefined when there are more than a page holds. */
async function readRecords(
  request: RestRequest,
  { records: { text, values } }: CompiledQuery,
  size: number,
): Promise<readonly string[] | undefined> {
  const peek = `select record from (${text}) as page limit ${size + 1}`;
  const { rows } = await (request.client ?? request.org.pool).query(peek, [...values]);
  const records = Records.parse(rows);
  return records.length <= size ? records.map(({ record }) => record) : undefined;
}

/** All records with all their children; undefined when they are more than a page holds. */
async function readFamilies(
  request: RestRequest,
  listing: Listing,
  size: number,
): Promise<readonly string[] | undefined> {
  const client = request.client ?? request.org.pool;
  const { text, values } = listing.ids();
  const peek = `select id from (${text}) as page limit ${size + 1}`;
  const ids = Ids.parse((await client.query(peek, [...values])).rows).map(({ id }) => id);
  if (ids.length > size) return undefined;
  const fitting = await fitFamilies(client, listing, { ids, size });
  if (fitting.count < ids.length || fitting.crowded) return undefined;
  const statement = listing.recordsOf(ids);
  const { rows } = await client.query(statement.text, [...statement.values]);
  return Records.parse(rows).map(({ record }) => record);
}

/** `GET /query/01g…-2000` */
export const queryMore: Handler = (request) => {
  const [id = '', offset = ''] = segment(request, 1).split('-');
  if (!/^\d+$/.test(offset)) throw badLocator();
  return cursorPage(request, id, Number(offset));
};

async function cursorPage(request: RestRequest, id: string, offset: number): Promise<RestResponse> {
  const { org } = request;
  const cursor = await findCursor(org, id, request.session.userId);
  if (cursor === undefined || offset >= cursor.total) throw badLocator();
  const { query: text, allRows: includeDeleted, batchSize: size } = cursor;
  const compiled = await compile(request, text, { includeDeleted });
  if (compiled.childLevels > 0 && cursor.child === null) await endChildCursors(org, cursor);
  const ids = await readCursorIds(org, cursor, offset);
  const { count, crowded } = await fitFamilies(org.pool, listingOf(compiled, cursor), {
    ids,
    size,
  });
  const shown = crowded ? crowdedChildren(compiled, size) : undefined;
  const bounded =
    shown === undefined
      ? compiled
      : await compile(request, text, { includeDeleted, childRecordsMax: shown });
  const statement = listingOf(bounded, cursor).recordsOf(ids.slice(0, count));
  const { rows } = await org.pool.query(statement.text, [...statement.values]);
  const records = Records.parse(rows).map(({ record }) => record);
  if (cursor.child === null) await noteViews(request, compiled, records);
  const next = offset + count;
  return ok(
    page(request, {
      total: cursor.total,
      object: compiled.object.name,
      records:
        shown === undefined
          ? records
          : await openChildCursors(request, { records, cursor, compiled, shown }),
      next: next < cursor.total ? locatorUrl(request, cursor.id, next) : undefined,
    }),
  );
}

/** FOR VIEW and FOR REFERENCE. */
async function noteViews(
  { org }: RestRequest,
  { object, uses: { purposes } }: CompiledQuery,
  records: readonly string[],
): Promise<void> {
  if (purposes.length === 0) return;
  const names = purposes.includes('VIEW') ? VIEWED : (['LastReferencedDate'] as const);
  await markViewed(org, object, { ids: idsOfRecords(records), names });
}

/** What a cursor's ids are of: the statement's records, or those of one of its child lists. */
function listingOf(compiled: CompiledQuery, { child }: Cursor): Listing {
  const listing = child === null ? compiled.listing : compiled.childLists[child];
  if (listing === undefined) throw notFound();
  return listing;
}

function badLocator(): SalesforceError {
  return new SalesforceError('INVALID_QUERY_LOCATOR', 'invalid query locator');
}

interface Page {
  readonly total: number;
  readonly object: string;
  readonly records: readonly string[];
  readonly next?: string | undefined;
}

/** Records are JSON texts from PostgreSQL: they are joined, not parsed. The Tooling API's pages tell more. */
function page({ tooling = false }: RestRequest, { total, object, records, next }: Page): RawJson {
  const locator = JSON.stringify(next ?? null);
  const size = tooling ? `"size":${records.length},` : '';
  const done = `"done":${next === undefined}`;
  const more = next === undefined ? '' : `,"nextRecordsUrl":${locator}`;
  const about = tooling
    ? `,"queryLocator":${locator},"entityTypeName":${JSON.stringify(object)}`
    : '';
  return new RawJson(
    `{${size}"totalSize":${total},${done}${more}${about},"records":[${records.join(',')}]}`,
  );
}

/** `Sforce-Query-Options: batchSize=200` */
function batchSize({ headers }: RestRequest): number {
  const asked = /batchSize\s*=\s*(\d+)/i.exec(String(headers['sforce-query-options'] ?? ''))?.[1];
  if (asked === undefined) return QUERY_PAGE_RECORDS;
  return Math.min(QUERY_PAGE_RECORDS, Math.max(QUERY_PAGE_RECORDS_MIN, Number(asked)));
}
