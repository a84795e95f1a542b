import type { RestRequest } from '../rest/request.ts';
import { notFound } from '../rest/request.ts';
import { findId18 } from '../store/record-id.ts';
import { prepareReport } from './report-query.ts';
import { maySee } from './report-request.ts';
import { findReport } from './store.ts';

/** `?explain=` takes the id of a report: the query behind it; undefined for other texts. */
export async function queryOfReport(
  request: RestRequest,
  text: string,
): Promise<string | undefined> {
  if (!/^00O\w{12}(\w{3})?$/.test(text)) return undefined;
  const report = await findReport(request.org.pool, findId18(text) ?? '');
  if (report === undefined || report.deleted || !(await maySee(request, report.id)))
    throw notFound();
  return prepareReport(request.org.schema(), report.metadata).soql;
}
