/**
 * Every bound of the sandbox org's data and REST parts, with its reason. "Salesforce" = Salesforce's documented figure.
 */

/** Oldest and newest API versions served. 67.0 is Summer '26; 20.0 is where REST began. */
export const API_VERSION_MIN = 20;
export const API_VERSION_MAX = 67;

/** Rows become visible 1–3 s after their stamp in a busy org; a quiet one is quicker. The default is modest, tests ask for more. */
export const VISIBILITY_DELAY_MS = { minMs: 0, maxMs: 1_000 } as const;
/** Events come about 1–2 s after commit, as in Salesforce; clients that subscribe without waiting rely on it. */
export const EVENT_DELAY_MS = { minMs: 1_000, maxMs: 2_000 } as const;
/** Salesforce: 15,000 calls in a Developer Edition. An org used for demonstrations by a sync needs more: an Enterprise org's allotment. */
export const REQUESTS_PER_DAY_MAX = 100_000;
/** Salesforce: batches of both Bulk APIs, query jobs of Bulk API 2.0, and records of its ingest jobs, in 24 hours. */
export const BULK_BATCHES_PER_DAY_MAX = 15_000;
export const BULK_QUERY_JOBS_PER_DAY_MAX = 10_000;
export const BULK_RECORDS_PER_DAY_MAX = 150_000_000;
/** Salesforce: 1 TB of query results in 24 hours, as `/limits` counts it. */
export const BULK_QUERY_MEGABYTES_PER_DAY_MAX = 976_562;
/** Salesforce: calls that have been running for 20 seconds or more, in a production org (a Developer Edition has 5). */
export const LONG_REQUESTS_MAX = 25;
export const LONG_REQUEST_MS = 20_000;
/** Salesforce's search index is some seconds behind its records; clients' own tests wait ten. */
export const SEARCH_DELAY_MS = 3_000;
/** Salesforce: objects that may be selected for Change Data Capture without an add-on. */
export const CAPTURED_ENTITIES_MAX = 5;
/**
 * Salesforce: change and platform events delivered in 24 hours are 50,000 in an Unlimited org, and 100,000 more with each
 * add-on; a sync that is demonstrated with some hundred thousand records needs several.
 */
export const EVENTS_PER_DAY_MAX = 1_000_000;
/** Salesforce: PushTopic and generic events delivered in 24 hours, in an Unlimited org. */
export const TOPIC_EVENTS_PER_DAY_MAX = 1_000_000;
export const GENERIC_EVENTS_PER_DAY_MAX = 100_000;
/** Salesforce: platform events published in an hour, in an Enterprise or Unlimited org. */
export const PUBLISHED_EVENTS_PER_HOUR_MAX = 250_000;
/** Salesforce: concurrent CometD clients of an Enterprise org. */
export const STREAMING_CLIENTS_MAX = 1_000;
/** How far the stored counts of calls may lie behind: what a killed process forgets. */
export const USAGE_STORE_INTERVAL_MS = 2_000;
/** Salesforce's default session timeout. */
export const SESSION_TIMEOUT_MS = 2 * 3_600_000;

/** Salesforce answers 414 to a URI over about 16 KB and 431 to headers over as much. */
export const URI_BYTES_MAX = 16_384;
export const HEADER_BYTES_MAX = 32_768;
/** What Node reads before it gives up: above both bounds, so that our own answers are given. */
export const NODE_HEADER_BYTES_MAX = 98_304;
/** Salesforce: 50 MB a request body in REST. */
export const BODY_BYTES_MAX = 50 * 1_024 * 1_024;

/** Objects and lists inside one another in a JSON body: as deep as Jackson, which reads Salesforce's, goes. */
export const JSON_DEPTH_MAX = 1_000;

/** Salesforce: records in one collections call. */
export const COLLECTION_RECORDS_MAX = 200;
/** Salesforce: ids in one retrieve by POST. */
export const RETRIEVE_RECORDS_MAX = 2_000;
/** Salesforce: rows a page, and what Sforce-Query-Options may ask for. */
export const QUERY_PAGE_RECORDS = 2_000;
export const QUERY_PAGE_RECORDS_MIN = 200;
/** Salesforce: subrequests of composite and of composite/batch. */
export const SUBREQUESTS_MAX = 25;
/** Salesforce: composite/tree: records and levels. */
export const TREE_RECORDS_MAX = 200;
export const TREE_LEVELS_MAX = 5;
/** Salesforce: getUpdated reaches 30 days back, getDeleted 15, and a list holds at most 600,000 ids. */
export const UPDATED_DAYS_MAX = 30;
export const DELETED_DAYS_MAX = 15;
export const REPLICATION_IDS_MAX = 600_000;

/** Salesforce waits 10 s for a row lock before UNABLE_TO_LOCK_ROW. */
export const ROW_LOCK_TIMEOUT_MS = 10_000;
/** No statement of the data part may run longer (Salesforce: QUERY_TIMEOUT after 2 minutes). */
export const STATEMENT_TIMEOUT_MS = 120_000;
/** Sessions of the pool: enough for Salesforce's 25 concurrent calls of an org, few enough for a shared PostgreSQL. */
export const POOL_CONNECTIONS_MAX = 25;
/** Requests that hold a connection for a transaction and may need another meanwhile: the others are enough for those. */
export const REQUEST_TRANSACTIONS_MAX = 15;
/** Waiting for a connection ends after this with SERVER_UNAVAILABLE: longer than any statement of those who have one may take. */
export const POOL_WAIT_MS = 150_000;
/** Sessions for events that are published at once: each is used for one short statement. */
export const ANNOUNCING_CONNECTIONS_MAX = 2;
/** How long requests in flight may take to end at a stop, within the 10 s the process has. */
export const DRAIN_MS = 5_000;
/** Concurrent inserts of one unique value: the losers look again. Two are enough for two writers; a third for luck. */
export const DML_ATTEMPTS_MAX = 3;
/** Levels of cascading deletes; Salesforce's objects nest three deep, custom master-detail two more. */
export const CASCADE_LEVELS_MAX = 10;
/** Salesforce: a query locator lives two days. */
export const CURSOR_LIFE_MS = 2 * 86_400_000;
/** Salesforce ends the oldest cursors of a user who keeps many open; its figure was 10 for a long time. */
export const CURSORS_PER_USER_MAX = 50;
/** Records whose children are counted in one statement, to see how many go on a page. */
export const WEIGHED_RECORDS = 200;
/** Ids in one stored page of a cursor: a whole answer page in one row. */
export const CURSOR_STORE_PAGE = 2_000;
/** Smaller answers are not worth compressing. */
export const GZIP_BYTES_MIN = 2_048;
/** Fastest: on two cores level 6 costs three times as much time for a tenth less. */
export const GZIP_LEVEL = 1;
/** Seeded in one statement and transaction: some seconds of work, some hundred megabytes of WAL at most. */
export const SEED_BATCH_RECORDS = 100_000;
/** Parents whose roll-up summaries one statement computes when a summary is new: some thousand rows, some ten thousand children. */
export const SUMMARY_FILL_PARENTS = 5_000;
/** More than any Developer Edition would hold; a bound against a typing error. */
export const SEED_RECORDS_MAX = 10_000_000;
/** Seeded records look as if written over the last day, so that many share a second but not all. */
export const SEED_STAMP_SPAN_SECONDS = 86_400;
/** The admin API takes a few settings at a time. */
export const ADMIN_BODY_BYTES_MAX = 65_536;
/** Of a table with more rows than this a restored snapshot empties the file, of one with fewer it deletes the rows. */
export const EMPTIED_ROWS_MAX = 10_000;
/** An injected delay longer than Salesforce's longest call (10 minutes) shows nothing new. */
export const INJECTED_DELAY_MS_MAX = 600_000;
/** Salesforce: the most recent items, and the rows of a list view's results, in one answer. */
export const RECENT_RECORDS_MAX = 200;
export const LIST_VIEW_RECORDS_MAX = 2_000;
/** Salesforce: a package holds at most 10,000 files and 400 MB unzipped; the archive itself 39 MB. */
export const METADATA_FILES_MAX = 10_000;
export const METADATA_UNZIPPED_BYTES_MAX = 400 * 1_024 * 1_024;
export const METADATA_BODY_BYTES_MAX = 60 * 1_024 * 1_024;

/**
 * How long an idle connection stays open. Node's own five seconds are so short that clients meet connections which close
 * under their request; Salesforce's load balancers keep them for a minute or more.
 */
export const KEEP_ALIVE_MS = 75_000;
