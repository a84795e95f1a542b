/** Every bound of the Pub/Sub API, with its reason: Salesforce's own figures. */

/** Events that a subscriber may have asked for and not yet got. */
export const REQUESTED_EVENTS_MAX = 100;
/** A stream that has nothing to say says so within 270 s. */
export const KEEPALIVE_MS = 270_000;
/** A publish stream without a request for this long is closed. */
export const PUBLISH_STREAM_IDLE_MS = 70_000;
/** One request of 4 MB, with events of 1 MB at most. */
export const REQUEST_BYTES_MAX = 4 * 1_024 * 1_024;
export const EVENT_BYTES_MAX = 1_000_000;
/** Salesforce advises 200 events in one publish request; more than this is refused. */
export const PUBLISHED_EVENTS_MAX = 200;
/** How often open streams are looked at for keepalives and idleness. */
export const STREAM_CHECK_MS = 1_000;
/** Calls in flight may take this long to end at a stop. */
export const STOP_MS = 2_000;
/** How soon a managed subscription that was stopped or deleted ends for its subscriber. */
export const MANAGED_CHECK_MS = 2_000;
