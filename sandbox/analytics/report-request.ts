import { z } from 'zod';

import { inTransaction } from '../../src/kit/transaction.ts';
import type { SystemWrite } from '../records/system-records.ts';
import { basePath, notFound, segment, type RestRequest } from '../rest/request.ts';
import { SalesforceError } from '../salesforce-error.ts';
import { tableName } from '../store/layout.ts';
import { findId18 } from '../store/record-id.ts';
import { ReportMetadata, ReportPatch } from './report-metadata.ts';
import { findReport, type StoredReport } from './store.ts';

export const reportUrl = (request: RestRequest, id: string): string =>
  `${basePath(request)}/analytics/reports/${id}`;

/** @throws SalesforceError NOT_FOUND */
export async function getReport(request: RestRequest): Promise<StoredReport> {
  const report = await findReport(request.org.pool, findId18(segment(request, 2)) ?? '');
  if (report === undefined || report.deleted || !(await maySee(request, report.id)))
    throw notFound();
  return report;
}

/** Who may not see a report, since it is another user's own or he may see none at all, is told there is none. */
export async function maySee({ org }: RestRequest, id: string): Promise<boolean> {
  const reports = org.schema().findObject('Report');
  if (reports === undefined) return false;
  const { rowCount } = await org.pool.query(
    `/* maySeeReport */ select from ${tableName(reports)} as seen where "id" = $1`,
    [id],
  );
  return rowCount === 1;
}

export function reportAttributes(request: RestRequest, { id, metadata }: StoredReport) {
  const url = reportUrl(request, id);
  return {
    describeUrl: `${url}/describe`,
    instancesUrl: `${url}/instances`,
    reportId: id,
    reportName: metadata.name,
    type: 'Report',
  };
}

const Body = z.looseObject({ reportMetadata: ReportPatch.optional() });

/** What a caller changes of a report. @throws SalesforceError BAD_REQUEST */
export function patchOf({ body }: RestRequest): z.infer<typeof ReportPatch> {
  if (body === undefined || body === '' || body === null) return {};
  const parsed = Body.safeParse(body);
  if (parsed.success) return parsed.data.reportMetadata ?? {};
  const [issue] = parsed.error.issues;
  throw new SalesforceError(
    'BAD_REQUEST',
    `The report metadata is malformed: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`,
  );
}

/** A report with what this caller would have otherwise; whose it is does not change. */
export function patched(report: StoredReport, patch: z.infer<typeof ReportPatch>): ReportMetadata {
  const { developerName } = report.metadata;
  return ReportMetadata.parse({ ...report.metadata, ...patch, id: report.id, developerName });
}

/** One transaction of what only the org itself writes; a crash leaves all of it or nothing. */
export function writeAnalytics<T>(
  request: RestRequest,
  work: (write: SystemWrite) => Promise<T>,
): Promise<T> {
  const { org, session } = request;
  if (!org.permissions.has('ModifyAllData')) {
    throw new SalesforceError(
      'INSUFFICIENT_ACCESS',
      'You don’t have permission to change reports and dashboards',
    );
  }
  return inTransaction(org.pool, (client) =>
    work({
      client,
      schema: org.whole.schema(),
      userId: session.userId,
      now: new Date(org.clock.now()),
    }),
  );
}
