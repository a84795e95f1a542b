/** Every bound of event delivery, with its reason. */

/** Salesforce keeps PushTopic and generic events for 24 hours, change and platform events for 72. */
export const STANDARD_RETENTION_MS = 24 * 3_600_000;
export const HIGH_VOLUME_RETENTION_MS = 72 * 3_600_000;
/** How often events that are too old are looked for; each time a bounded number is removed. */
export const PRUNE_EVERY_MS = 10_000;
export const PRUNED_EVENTS_MAX = 10_000;

/** Journal entries made into events in one transaction: some 5 ms of work, so a burst holds up nothing for long. */
export const PUBLISHED_ENTRIES_MAX = 500;
/** When no doorbell rings, the journal is looked at anyway: NOTIFY is a hint and may be lost with its connection. */
export const SWEEP_MS = 1_000;
export const PUBLISH_BACKOFF = { firstMs: 100, maxMs: 10_000 } as const;

/** The newest events stay in memory, so that subscribers who keep up cause no reading. About 1 KB each. */
export const RECENT_EVENTS_MAX = 1_000;
/** Events read for a subscriber who is behind, at once. */
export const READ_EVENTS_MAX = 200;
/** Messages waiting for a client's next poll; beyond that they wait in the table, until he has fetched some. */
export const SESSION_QUEUE_MAX = 500;

/** Salesforce: an event larger than this is replaced by a gap event. */
export const EVENT_BYTES_MAX = 1_000_000;
/** Salesforce: changes of one transaction beyond this many are told by one overflow event. */
export const TRANSACTION_CHANGES_MAX = 100_000;
/** Salesforce merges the same change of several records into one event; a merged event of more would come near its size limit. */
export const MERGED_RECORDS_MAX = 100;

/** Salesforce: the server answers a poll after 110 s at the latest, and forgets a client who does not come back in 40. */
export const CONNECT_TIMEOUT_MS = 110_000;
export const RECONNECT_WITHIN_MS = 40_000;
/** How often forgotten clients are looked for. */
export const SWEEP_SESSIONS_MS = 997;
/** The oldest API version whose CometD knows replay. */
export const COMETD_VERSION_MIN = 37;
/** A request carries a few messages of some hundred bytes each. */
export const REQUEST_BYTES_MAX = '256kb';
/** Messages in one request: a client that sends more is not one. */
export const MESSAGES_MAX = 100;
/** Salesforce: a push to a generic channel holds at most 100 events of 3,000 characters. */
export const PUSH_EVENTS_MAX = 100;
export const PUSH_PAYLOAD_CHARS_MAX = 3_000;
/** Salesforce: texts shorter than this are always sent whole, and so are those of which more than this has changed. */
export const DIFF_CHARS_MIN = 1_000;
export const DIFF_LENGTH_SHARE_MAX = 0.5;
export const DIFF_LINES_SHARE_MAX = 0.25;
/** Salesforce: topics of an Enterprise org. The lengths of their names and queries are those of the fields. */
export const TOPICS_MAX = 50;
/** Salesforce: custom channels of an org, and enriched fields of one member. */
export const CUSTOM_CHANNELS_MAX = 100;
export const ENRICHED_FIELDS_MAX = 10;
/** How often the tokens of held polls are looked at: a session that ends is told within this. */
export const SESSION_CHECK_MS = 2_000;
/** An event whose order is disturbed waits for its successor this long, and then comes in its place after all. */
export const REORDER_WITHIN_MS = 10_000;
/** Salesforce: the length of a channel member's filter. */
export const FILTER_CHARS_MAX = 131_072;
/** A poll's token is looked at again after this; and so many are remembered. */
export const CALLER_REMEMBERED_MS = 1_000;
export const CALLERS_REMEMBERED_MAX = 2_000;
