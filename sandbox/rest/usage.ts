import { z } from 'zod';

import type { Org } from '../org.ts';
import { SalesforceError } from '../salesforce-error.ts';
import { tableName } from '../store/layout.ts';
import { ok, type Handler } from './request.ts';

const BUCKET_MS = 3_600_000;
const BUCKETS = 24;

/** Calls of the last 24 hours, counted by the hour. They begin anew with the process: a sandbox's day is short. */
export class ApiUsage {
  readonly #counts = new Map<number, number>();

  /** Counts a call; refuses it when the day's calls are used up. */
  take(org: Pick<Org, 'clock' | 'settings'>): void {
    const used = this.used(org);
    if (used >= org.settings.requestsPerDayMax) {
      throw new SalesforceError('REQUEST_LIMIT_EXCEEDED', 'TotalRequests Limit exceeded.');
    }
    const bucket = Math.floor(org.clock.now() / BUCKET_MS);
    this.#counts.set(bucket, (this.#counts.get(bucket) ?? 0) + 1);
  }

  used(org: Pick<Org, 'clock'>): number {
    const oldest = Math.floor(org.clock.now() / BUCKET_MS) - BUCKETS;
    let used = 0;
    for (const [bucket, count] of this.#counts) {
      if (bucket <= oldest) this.#counts.delete(bucket);
      else used += count;
    }
    return used;
  }
}

/** `Sforce-Limit-Info: api-usage=18/15000` */
export function limitInfo(usage: ApiUsage, org: Pick<Org, 'clock' | 'settings'>): string {
  return `api-usage=${usage.used(org)}/${org.settings.requestsPerDayMax}`;
}

/** What `/limits` answers besides the calls: a Developer Edition's allotments, of which nothing is counted here. */
const ALLOTMENTS: Readonly<Record<string, number>> = {
  AnalyticsExternalDataSizeMB: 40_960,
  ConcurrentAsyncGetReportInstances: 200,
  ConcurrentSyncReportRuns: 20,
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

export function limits(usage: ApiUsage): Handler {
  return ({ org }) => {
    const max = org.settings.requestsPerDayMax;
    const entries = Object.entries(ALLOTMENTS).map(
      ([name, value]) => [name, { Max: value, Remaining: value }] as const,
    );
    const api = { Max: max, Remaining: Math.max(0, max - usage.used(org)) };
    return ok(
      Object.fromEntries(
        [...entries, ['DailyApiRequests', api] as const].toSorted(([a], [b]) => (a < b ? -1 : 1)),
      ),
    );
  };
}

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
