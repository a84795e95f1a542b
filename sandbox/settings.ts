import {
  EVENT_DELAY_MS,
  REQUESTS_PER_DAY_MAX,
  SESSION_TIMEOUT_MS,
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
  /** An access token unused for this long is refused. */
  sessionTimeoutMs: number;
}

export function defaultSettings(): Settings {
  return {
    visibilityDelay: VISIBILITY_DELAY_MS,
    eventDelay: EVENT_DELAY_MS,
    clockOffsetMs: 0,
    requestsPerDayMax: REQUESTS_PER_DAY_MAX,
    sessionTimeoutMs: SESSION_TIMEOUT_MS,
  };
}
