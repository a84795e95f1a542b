import type { Clock } from '../src/kit/clock.ts';
import { SalesforceError } from './salesforce-error.ts';
import type { Settings } from './settings.ts';

const HOUR_MS = 3_600_000;
const HOURS = 24;

/** One hour's count of one thing. */
export interface HourCount {
  readonly name: string;
  readonly hour: number;
  readonly count: number;
}

/** What is counted here; by the names `/limits` has for it, where it has one. */
export type Allotment =
  | 'DailyApiRequests'
  | 'DailyBulkApiBatches'
  | 'DailyBulkV2QueryJobs'
  /** Megabytes of the results of Bulk API 2.0's queries. */
  | 'DailyBulkV2QueryFileStorageMB'
  /** Deliveries, counted once for each subscriber: of change and platform events, of PushTopics' and of generic ones. */
  | 'DailyDeliveredPlatformEvents'
  | 'DailyDurableStreamingApiEvents'
  | 'DailyDurableGenericStreamingApiEvents'
  /** Events published in the present hour; whoever tries to, also in a call that is rolled back. */
  | 'HourlyPublishedPlatformEvents'
  /** CometD clients at present. */
  | 'DurableStreamingApiConcurrentClients'
  /** Records of ingest jobs: bounded by Salesforce, but not among its `/limits`. */
  | 'DailyBulkIngestRecords';

interface Bound {
  readonly max: (settings: Settings) => number;
  readonly refusal: () => SalesforceError;
}

const quota = (what: string) => (): SalesforceError =>
  new SalesforceError('EXCEEDEDQUOTA', `ExceededQuota : ${what} Limit exceeded.`);

const events = (): SalesforceError =>
  new SalesforceError('LIMIT_EXCEEDED', 'Organization total events daily limit exceeded');

const BOUNDS: Readonly<Record<Allotment, Bound>> = {
  DailyApiRequests: {
    max: ({ requestsPerDayMax }) => requestsPerDayMax,
    refusal: () => new SalesforceError('REQUEST_LIMIT_EXCEEDED', 'TotalRequests Limit exceeded.'),
  },
  DailyBulkApiBatches: {
    max: ({ bulkBatchesPerDayMax }) => bulkBatchesPerDayMax,
    refusal: quota('ApiBatchItems'),
  },
  DailyBulkV2QueryJobs: {
    max: ({ bulkQueryJobsPerDayMax }) => bulkQueryJobsPerDayMax,
    refusal: quota('ApiBulkV2QueryJobs'),
  },
  DailyBulkV2QueryFileStorageMB: {
    max: ({ bulkQueryMegabytesPerDayMax }) => bulkQueryMegabytesPerDayMax,
    refusal: quota('ApiBulkV2QueryFileStorageMB'),
  },
  DailyDeliveredPlatformEvents: {
    max: ({ eventsPerDayMax }) => eventsPerDayMax,
    refusal: events,
  },
  DailyDurableStreamingApiEvents: {
    max: ({ topicEventsPerDayMax }) => topicEventsPerDayMax,
    refusal: events,
  },
  DailyDurableGenericStreamingApiEvents: {
    max: ({ genericEventsPerDayMax }) => genericEventsPerDayMax,
    refusal: events,
  },
  HourlyPublishedPlatformEvents: {
    max: ({ publishedEventsPerHourMax }) => publishedEventsPerHourMax,
    refusal: () =>
      new SalesforceError(
        'LIMIT_EXCEEDED',
        'The number of published platform events exceeded the hourly publishing limit',
        { fields: [] },
      ),
  },
  DurableStreamingApiConcurrentClients: {
    max: ({ streamingClientsMax }) => streamingClientsMax,
    refusal: events,
  },
  DailyBulkIngestRecords: {
    max: ({ bulkRecordsPerDayMax }) => bulkRecordsPerDayMax,
    refusal: quota('ApiBulkIngestRecords'),
  },
};

interface Counting {
  readonly clock: Pick<Clock, 'now'>;
  readonly settings: Settings;
}

/**
 * What of the org's daily allotments is used: counted by the hour over the last 24 hours, by every API in one place.
 * Counting is in memory; usage-store.ts keeps it in the database, some seconds behind.
 */
export class ApiUsage {
  readonly #counts = new Map<string, Map<number, number>>();
  readonly #changed = new Set<string>();
  readonly #present = new Map<string, () => number>();

  constructor(known: readonly HourCount[] = []) {
    for (const { name, hour, count } of known) this.#hours(name).set(hour, count);
  }

  /** Counts; refuses, and counts nothing, when that would be more than the day's allotment. */
  take(org: Counting, name: Allotment = 'DailyApiRequests', count = 1): void {
    const { max, refusal } = BOUNDS[name];
    if (this.used(org, name) + count > max(org.settings)) throw refusal();
    this.add(org, name, count);
  }

  /** Refuses when nothing is left. */
  check(org: Counting, name: Allotment): void {
    const { max, refusal } = BOUNDS[name];
    if (this.used(org, name) >= max(org.settings)) throw refusal();
  }

  /** Counts what has happened already, however much there was. */
  add({ clock }: Pick<Counting, 'clock'>, name: string, count = 1): void {
    const hour = Math.floor(clock.now() / HOUR_MS);
    const hours = this.#hours(name);
    hours.set(hour, (hours.get(hour) ?? 0) + count);
    this.#changed.add(name);
  }

  used({ clock }: Pick<Counting, 'clock'>, name: string = 'DailyApiRequests'): number {
    const present = this.#present.get(name);
    if (present !== undefined) return present();
    const hours = name.startsWith('Hourly') ? 1 : HOURS;
    const oldest = Math.floor(clock.now() / HOUR_MS) - hours;
    let used = 0;
    for (const [hour, count] of this.#hours(name)) if (hour > oldest) used += count;
    return used;
  }

  /** The counts of the last 24 hours, the present one last. */
  byHour({ clock }: Pick<Counting, 'clock'>, name: string = 'DailyApiRequests'): readonly number[] {
    const now = Math.floor(clock.now() / HOUR_MS);
    const hours = this.#hours(name);
    return Array.from({ length: HOURS }, (_, at) => hours.get(now - HOURS + 1 + at) ?? 0);
  }

  /** What is not used up but in use: asked for whenever somebody wants to know. */
  watch(name: Allotment, count: () => number): void {
    this.#present.set(name, count);
  }

  max({ settings }: Pick<Counting, 'settings'>, name: Allotment): number {
    return BOUNDS[name].max(settings);
  }

  /** What has been counted since this was last asked, and what of it is too old to matter any more. */
  takeChanges({ clock }: Pick<Counting, 'clock'>): {
    readonly counts: readonly HourCount[];
    readonly oldest: number;
  } {
    const oldest = Math.floor(clock.now() / HOUR_MS) - HOURS;
    const counts = [...this.#changed].flatMap((name) =>
      [...this.#hours(name)].map(([hour, count]) => ({ name, hour, count })),
    );
    this.#changed.clear();
    for (const hours of this.#counts.values()) {
      for (const hour of hours.keys()) if (hour <= oldest) hours.delete(hour);
    }
    return { counts: counts.filter(({ hour }) => hour > oldest), oldest };
  }

  #hours(name: string): Map<number, number> {
    const known = this.#counts.get(name);
    if (known !== undefined) return known;
    const made = new Map<number, number>();
    this.#counts.set(name, made);
    return made;
  }
}

/** `api-usage=18/15000` */
export function limitInfo(org: Counting & { readonly usage: ApiUsage }): string {
  return `api-usage=${org.usage.used(org)}/${org.settings.requestsPerDayMax}`;
}
