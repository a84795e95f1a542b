import { z } from 'zod';

import {
  NO_CONTENT,
  notFound,
  ok,
  segment,
  type Handler,
  type RestRequest,
} from '../rest/request.ts';
import { SalesforceError } from '../salesforce-error.ts';
import { findId18, recordId } from '../store/record-id.ts';
import { INSTANCE_KEPT_HOURS } from './limits.ts';
import { getReport, patched, patchOf, reportUrl } from './report-request.ts';
import { runReport } from './run-report.ts';
import type { StoredReport } from './store.ts';

const KEY_PREFIX = '0LG';
const InstanceRow = z.object({
  id: z.string(),
  ownerId: z.string(),
  requestedAt: z.date(),
  completedAt: z.date(),
  hasDetails: z.boolean(),
  state: z.enum(['Success', 'Error']),
  result: z.record(z.string(), z.unknown()),
});
type Instance = z.infer<typeof InstanceRow>;
const INSTANCE = `select id, owner_id as "ownerId", requested_at as "requestedAt", completed_at as "completedAt",
       has_details as "hasDetails", state, result
  from report_instances`;

/**
 * `POST …/instances`: the report is run at once and its result kept for a day, so a crash leaves a whole instance or
 * none; the caller is told it is new, as Salesforce does, and asks again.
 */
export const runAsync: Handler = async (request) => {
  const report = await getReport(request);
  const { org, session } = request;
  const requestedAt = new Date(org.clock.now());
  const details = request.query.get('includeDetails') === 'true';
  const { state, result } = await runKept(request, report, details);
  const { rows } = await org.pool.query(`select nextval('record_number')::text as number`);
  const [row] = z.array(z.object({ number: z.string() })).parse(rows);
  const id = recordId(KEY_PREFIX, BigInt(row?.number ?? '0'));
  await org.pool.query(
    `/* forgetInstances */ delete from report_instances where requested_at < $1::timestamptz - interval '${INSTANCE_KEPT_HOURS} hours'`,
    [requestedAt],
  );
  await org.pool.query(
    `/* keepInstance */ insert into report_instances (id, report_id, owner_id, requested_at, completed_at, has_details, state, result) values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      id,
      report.id,
      session.userId,
      requestedAt,
      new Date(org.clock.now()),
      details,
      state,
      JSON.stringify(result),
    ],
  );
  return ok({
    completionDate: null,
    hasDetailRows: details,
    id,
    ownerId: session.userId,
    requestDate: requestedAt.toISOString(),
    status: 'New',
    url: `${reportUrl(request, report.id)}/instances/${id}`,
  });
};

async function runKept(request: RestRequest, report: StoredReport, details: boolean) {
  try {
    const metadata = patched(report, patchOf(request));
    return { state: 'Success', result: await runReport(request, metadata, details) } as const;
  } catch (error) {
    if (!(error instanceof SalesforceError)) throw error;
    const { errorCode, message } = error;
    return { state: 'Error', result: { errorCode, errorMessage: message } } as const;
  }
}

/** The caller's own runs of a report, newest first. */
export const listInstances: Handler = async (request) => {
  const report = await getReport(request);
  const { rows } = await request.org.pool.query(
    `/* listInstances */ ${INSTANCE} where report_id = $1 and owner_id = $2 order by requested_at desc, id desc`,
    [report.id, request.session.userId],
  );
  return ok(
    z
      .array(InstanceRow)
      .parse(rows)
      .map((instance) => ({
        ...shown(instance),
        hasDetailRows: instance.hasDetails,
        url: `${reportUrl(request, report.id)}/instances/${instance.id}`,
      })),
  );
};

function shown({ id, ownerId, requestedAt, completedAt, state }: Instance) {
  return {
    completionDate: completedAt.toISOString(),
    id,
    ownerId,
    requestDate: requestedAt.toISOString(),
    status: state,
  };
}

export const readInstance: Handler = async (request) => {
  const report = await getReport(request);
  const instance = await getInstance(request, report.id);
  const attributes = {
    ...shown(instance),
    queryable: false,
    reportId: report.id,
    reportName: report.metadata.name,
    type: 'ReportInstance',
  };
  if (instance.state === 'Error') return ok({ attributes: { ...attributes, ...instance.result } });
  return ok({ attributes, ...instance.result });
};

export const removeInstance: Handler = async (request) => {
  const report = await getReport(request);
  const { id } = await getInstance(request, report.id);
  await request.org.pool.query('/* removeInstance */ delete from report_instances where id = $1', [
    id,
  ]);
  return NO_CONTENT;
};

async function getInstance(request: RestRequest, reportId: string): Promise<Instance> {
  const { rows } = await request.org.pool.query(
    `/* getInstance */ ${INSTANCE} where id = $1 and report_id = $2 and owner_id = $3`,
    [findId18(segment(request, 4)) ?? '', reportId, request.session.userId],
  );
  const [instance] = z.array(InstanceRow).parse(rows);
  if (instance === undefined) throw notFound();
  return instance;
}
