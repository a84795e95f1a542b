import { z } from 'zod';

import { present } from '../../src/kit/assert.ts';
import type { Route } from '../rest/dispatch.ts';
import {
  basePath,
  NO_CONTENT,
  notFound,
  ok,
  segment,
  type Handler,
  type RestRequest,
} from '../rest/request.ts';
import { SalesforceError } from '../salesforce-error.ts';
import { tableName } from '../store/layout.ts';
import { findId18 } from '../store/record-id.ts';
import { extendedMetadata, reportTypeMetadata } from './describe-columns.ts';
import { listInstances, readInstance, removeInstance, runAsync } from './instances.ts';
import { RECENT_REPORTS_MAX } from './limits.ts';
import { EMPTY_REPORT, ReportMetadata } from './report-metadata.ts';
import { prepareReport } from './report-query.ts';
import {
  getReport,
  maySee,
  patched,
  patchOf,
  reportAttributes,
  reportUrl,
  writeAnalytics,
} from './report-request.ts';
import { getReportType, listReportTypes } from './report-types.ts';
import { runReport, shownMetadata } from './run-report.ts';
import { findFolder, findReport, removeRecord, saveReport, type StoredReport } from './store.ts';

/** `/analytics/reports` and what lies below, and the types of reports. */
export function reportRoutes(): readonly Route[] {
  const route = (method: string, path: string, handler: Handler): Route => ({
    method,
    path: `analytics/${path}`,
    handler,
  });
  return [
    route('GET', 'reports', listReports),
    route('POST', 'reports', createReport),
    route('POST', 'reports/query', queryReport),
    route('GET', 'reports/:id', runStored),
    route('POST', 'reports/:id', runStored),
    route('PATCH', 'reports/:id', changeReport),
    route('DELETE', 'reports/:id', deleteReport),
    route('GET', 'reports/:id/describe', describeReport),
    route('GET', 'reports/:id/instances', listInstances),
    route('POST', 'reports/:id/instances', runAsync),
    route('GET', 'reports/:id/instances/:instance', readInstance),
    route('DELETE', 'reports/:id/instances/:instance', removeInstance),
    route('GET', 'reportTypes', listTypes),
    route('GET', 'report-types', listTypes),
    route('GET', 'reportTypes/:type', describeType),
    route('GET', 'report-types/:type', describeType),
  ];
}

const Listed = z.object({ id: z.string(), name: z.string() });

/** Reports last run or made, newest first. */
const listReports: Handler = async (request) => {
  const reports = request.org.schema().findObject('Report');
  if (reports === undefined) return ok([]);
  const { rows } = await request.org.pool.query(
    `/* listReports */ select id, name from ${tableName(reports)} as report where not isdeleted order by greatest(lastrundate, createddate) desc, id limit ${RECENT_REPORTS_MAX}`,
  );
  return ok(
    z
      .array(Listed)
      .parse(rows)
      .map(({ id, name }) => {
        const url = reportUrl(request, id);
        return { describeUrl: `${url}/describe`, id, instancesUrl: `${url}/instances`, name, url };
      }),
  );
};

const runStored: Handler = async (request) => {
  const report = await getReport(request);
  const details = request.query.get('includeDetails') === 'true';
  const result = await runReport(request, patched(report, patchOf(request)), details);
  await request.org.pool.query(MARK_RUN, [report.id, new Date(request.org.clock.now())]);
  return ok({ attributes: reportAttributes(request, report), ...result });
};

const MARK_RUN = `/* markRun */
update org.report set lastrundate = date_trunc('second', $2::timestamptz) where id = $1`;

/** Runs a report that is not kept. */
const queryReport: Handler = async (request) => {
  const metadata = ReportMetadata.parse({ ...EMPTY_REPORT, ...patchOf(request) });
  const details = request.query.get('includeDetails') === 'true';
  return ok({ attributes: null, ...(await runReport(request, metadata, details)) });
};

const describeReport: Handler = async (request) =>
  ok(describedReport(request, await getReport(request)));

function describedReport(request: RestRequest, stored: StoredReport) {
  const report = prepareReport(request.org.schema(), stored.metadata);
  return {
    attributes: reportAttributes(request, stored),
    reportExtendedMetadata: extendedMetadata(report),
    reportMetadata: shownMetadata(report, true),
    reportTypeMetadata: reportTypeMetadata(request.org.schema(), report.type),
  };
}

/** `POST /analytics/reports`, a new one, or a copy with `?cloneId=`. */
const createReport: Handler = async (request) => {
  const cloneId = request.query.get('cloneId');
  const original =
    cloneId === null ? undefined : await findReport(request.org.pool, findId18(cloneId) ?? '');
  const seen = original !== undefined && !original.deleted && (await maySee(request, original.id));
  if (cloneId !== null && !seen) throw notFound();
  const patch = patchOf(request);
  if (patch.name === undefined) throw new SalesforceError('BAD_REQUEST', 'A report needs a name');
  const base = original?.metadata ?? EMPTY_REPORT;
  const developerName = patch.developerName ?? apiName(patch.name);
  const metadata = ReportMetadata.parse({ ...base, ...patch, developerName });
  prepareReport(request.org.schema(), metadata);
  const id = await writeAnalytics(request, async (system) => {
    const folderId = metadata.folderId ?? '';
    return saveReport(system, metadata, {
      id: undefined,
      folder: await findFolder(system.client, 'Report', { id: folderId }),
    });
  });
  return ok(describedReport(request, present(await findReport(request.org.pool, id), 'report')));
};

/** A name that can stand in a file's path; the end makes it another than that of a report of the same name. */
function apiName(name: string): string {
  const words = name.replaceAll(/[^A-Za-z0-9]+/g, '_').replaceAll(/^[^A-Za-z]+|_+$/g, '');
  return `${words}_${Math.random().toString(36).slice(2, 6)}`;
}

const changeReport: Handler = async (request) => {
  const report = await getReport(request);
  const metadata = patched(report, patchOf(request));
  prepareReport(request.org.schema(), metadata);
  await writeAnalytics(request, async (system) => {
    const folder = await findFolder(system.client, 'Report', { id: metadata.folderId ?? '' });
    await saveReport(system, metadata, { id: report.id, folder });
  });
  return ok(
    describedReport(request, present(await findReport(request.org.pool, report.id), 'report')),
  );
};

const deleteReport: Handler = async (request) => {
  const report = await getReport(request);
  await writeAnalytics(request, (system) => removeRecord(system, 'Report', report.id));
  return NO_CONTENT;
};

const listTypes: Handler = (request) =>
  ok([
    {
      label: 'Report Types',
      reportTypes: listReportTypes(request.org.schema()).map((type) => ({
        describeUrl: `${basePath(request)}/analytics/reportTypes/${type.type}`,
        isEnableReports: true,
        isHidden: false,
        ...type,
      })),
    },
  ]);

const describeType: Handler = (request) => {
  const schema = request.org.schema();
  const type = getReportType(schema, { type: segment(request, 2) });
  return ok({
    attributes: { reportTypeUrl: `${basePath(request)}/analytics/reportTypes/${type.name}` },
    reportMetadata: { ...EMPTY_REPORT, reportType: { label: type.label, type: type.name } },
    reportTypeMetadata: reportTypeMetadata(schema, type),
  });
};
