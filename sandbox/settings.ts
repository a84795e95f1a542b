import {
  BULK_BATCHES_PER_DAY_MAX,
  BULK_QUERY_JOBS_PER_DAY_MAX,
  BULK_QUERY_MEGABYTES_PER_DAY_MAX,
  BULK_RECORDS_PER_DAY_MAX,
  CAPTURED_ENTITIES_MAX,
  EVENT_DELAY_MS,
  EVENTS_PER_DAY_MAX,
  GENERIC_EVENTS_PER_DAY_MAX,
  LONG_REQUESTS_MAX,
  PUBLISHED_EVENTS_PER_HOUR_MAX,
  REQUESTS_PER_DAY_MAX,
  SEARCH_DELAY_MS,
  SESSION_TIMEOUT_MS,
  STREAMING_CLIENTS_MAX,
  TOPIC_EVENTS_PER_DAY_MAX,
  VISIBILITY_DELAY_MS,
} from './limits.ts';

export interface DelayRange {
  readonly minMs: number;
  readonly maxMs: number;
}

/** What the admin API and the environment may change while the org runs. */
export interface Settings {
  /** How long after its SystemModstamp a record becomes visible (a transaction stamps its rows before it commits). */
  visibilityDelay: DelayRange;
  /** How long after commit events are delivered. */
  eventDelay: DelayRange;
  /** How far the org's clock is ahead of the machine's. */
  clockOffsetMs: number;
  /** Calls in 24 hours before REQUEST_LIMIT_EXCEEDED. */
  requestsPerDayMax: number;
  /** Batches of both Bulk APIs, query jobs, and records of ingest jobs in 24 hours before EXCEEDEDQUOTA. */
  bulkBatchesPerDayMax: number;
  bulkQueryJobsPerDayMax: number;
  bulkRecordsPerDayMax: number;
  /** Megabytes of query results in 24 hours before the next query job is refused. */
  bulkQueryMegabytesPerDayMax: number;
  /** Calls that may have been running for 20 seconds and more when another one comes. */
  longRequestsMax: number;
  /** How long after it was written a record is found by SOSL: the search index is behind. */
  searchDelayMs: number;
  /** Whose changes are captured: every object's, or those that channel members have selected, at most so many. */
  changeDataCapture: 'all' | 'selected';
  capturedEntitiesMax: number;
  /** Events delivered in 24 hours, each subscriber counted: change and platform events, PushTopics', generic ones. */
  eventsPerDayMax: number;
  topicEventsPerDayMax: number;
  genericEventsPerDayMax: number;
  /** Platform events published in an hour. */
  publishedEventsPerHourMax: number;
  /** CometD clients at once. */
  streamingClientsMax: number;
  /** An access token unused for this long is refused. */
  sessionTimeoutMs: number;
}

export function defaultSettings(): Settings {
  return {
    visibilityDelay: VISIBILITY_DELAY_MS,
    eventDelay: EVENT_DELAY_MS,
    clockOffsetMs: 0,
    requestsPerDayMax: REQUESTS_PER_DAY_MAX,
    bulkBatchesPerDayMax: BULK_BATCHES_PER_DAY_MAX,
    bulkQueryJobsPerDayMax: BULK_QUERY_JOBS_PER_DAY_MAX,
    bulkQueryMegabytesPerDayMax: BULK_QUERY_MEGABYTES_PER_DAY_MAX,
    bulkRecordsPerDayMax: BULK_RECORDS_PER_DAY_MAX,
    longRequestsMax: LONG_REQUESTS_MAX,
    searchDelayMs: SEARCH_DELAY_MS,
    changeDataCapture: 'all',
    capturedEntitiesMax: CAPTURED_ENTITIES_MAX,
    eventsPerDayMax: EVENTS_PER_DAY_MAX,
    topicEventsPerDayMax: TOPIC_EVENTS_PER_DAY_MAX,
    genericEventsPerDayMax: GENERIC_EVENTS_PER_DAY_MAX,
    publishedEventsPerHourMax: PUBLISHED_EVENTS_PER_HOUR_MAX,
    streamingClientsMax: STREAMING_CLIENTS_MAX,
    sessionTimeoutMs: SESSION_TIMEOUT_MS,
  };
}
