import { z } from 'zod';

import { tableName } from '../store/layout.ts';
import { ok, type Handler } from './request.ts';

/** What `/limits` answers, in the order of names. Remaining is what `org.usage` has counted under the name less. */
const ALLOTMENTS: Readonly<Record<string, number>> = {
  AnalyticsExternalDataSizeMB: 40_960,
  ConcurrentAsyncGetReportInstances: 200,
  ConcurrentSyncReportRuns: 20,
  DailyApiRequests: 0,
  DailyAsyncApexExecutions: 250_000,
  DailyBulkApiBatches: 15_000,
  DailyBulkV2QueryFileStorageMB: 976_562,
  DailyBulkV2QueryJobs: 10_000,
  DailyDeliveredPlatformEvents: 10_000,
  DailyDurableGenericStreamingApiEvents: 10_000,
  DailyDurableStreamingApiEvents: 10_000,
  DailyGenericStreamingApiEvents: 10_000,
  DailyStandardVolumePlatformEvents: 10_000,
  DailyStreamingApiEvents: 10_000,
  DailyWorkflowEmails: 390,
  DataStorageMB: 1_024,
  DurableStreamingApiConcurrentClients: 20,
  FileStorageMB: 1_024,
  HourlyAsyncReportRuns: 1_200,
  HourlyDashboardRefreshes: 200,
  HourlyODataCallout: 1_000,
  HourlyPublishedPlatformEvents: 50_000,
  HourlyPublishedStandardVolumePlatformEvents: 1_000,
  HourlySyncReportRuns: 500,
  HourlyTimeBasedWorkflow: 50,
  MassEmail: 10,
  MonthlyPlatformEventsUsageEntitlement: 0,
  PermissionSets: 1_500,
  SingleEmail: 15,
  StreamingApiConcurrentClients: 20,
};

export const limits: Handler = ({ org }) => {
  const max = (name: string, fixed: number): number => {
    const bounded = BOUNDED.find((known) => known === name);
    return bounded === undefined ? fixed : org.usage.max(org, bounded);
  };
  const entries = Object.entries(ALLOTMENTS).map(([name, fixed]) => {
    const bound = max(name, fixed);
    return [name, { Max: bound, Remaining: Math.max(0, bound - org.usage.used(org, name)) }];
  });
  return ok(Object.fromEntries(entries));
};

/** Those the admin API may set. */
const BOUNDED = [
  'DailyApiRequests',
  'DailyBulkApiBatches',
  'DailyBulkV2QueryFileStorageMB',
  'DailyBulkV2QueryJobs',
  'DailyDeliveredPlatformEvents',
  'DailyDurableGenericStreamingApiEvents',
  'DailyDurableStreamingApiEvents',
  'DurableStreamingApiConcurrentClients',
  'HourlyPublishedPlatformEvents',
] as const;

const Count = z.array(z.object({ count: z.string() }));

/** `/limits/recordCount?sObjects=Account,Contact`: of all objects when none is named. */
export const recordCount: Handler = async ({ org, query }) => {
  const schema = org.schema();
  const names = query
    .get('sObjects')
    ?.split(',')
    .map((name) => name.trim());
  const objects =
    names === undefined ? schema.objects : names.flatMap((name) => schema.findObject(name) ?? []);
  const sObjects = [];
  for (const object of objects.filter(({ isView, flags }) => !isView && flags.queryable)) {
    const { rows } = await org.pool.query(
      `/* recordCount */ select count(*)::text as count from ${tableName(object)} where not "isdeleted"`,
    );
    sObjects.push({ count: Number(Count.parse(rows)[0]?.count ?? 0), name: object.name });
  }
  return ok({ sObjects });
};
