/** Every bound of Connect, with its reason. */

// PostgreSQL

/** Connections to one application's database: its plan's limit is small (20 on the smallest), and it is the application's first. */
export const POOL_CONNECTIONS_MAX = 6;
/** Long enough to ride out a failover's first seconds, short enough that the state says DB_UNAVAILABLE while a person looks. */
export const DATABASE_CONNECT_TIMEOUT_MS = 10_000;
/** Idle connections are given back to the application. */
export const DATABASE_IDLE_TIMEOUT_MS = 60_000;
/** Waiting for a table's lock blocks the application's writes behind it, so changing a table gives up after this. */
export const DDL_LOCK_TIMEOUT_MS = 15_000;
/** The fast way of a load needs the table's triggers off for one page; if it cannot have that soon, it goes the slower way. */
export const LOAD_LOCK_TIMEOUT_MS = 2_000;
/**
 * How long a batch waits for a row that the application holds. Under PostgreSQL's deadlock_timeout (1 s): of two that
 * wait for each other it is then always Connect that gives way, and never the application that is cut off.
 */
export const STEP_LOCK_TIMEOUT_MS = 700;
/** A single row's outcome holds no other lock while it waits, so it can wait as long as a slow transaction. */
export const ROW_LOCK_TIMEOUT_MS = 5_000;
/** A minute's share of captured changes that are never sent: a few hundred milliseconds of work. */
export const ARCHIVE_READ_ONLY_ROWS_MAX = 10_000;
/** Windows of waiting entries a claim looks through before it leaves the rest for the next one. */
export const CLAIM_WINDOWS_MAX = 20;
/** Marked by hand or by a script; more come at the next round. */
export const REQUEUE_ROWS_MAX = 1_000;
/** How often a silent doorbell's connection is tried: a firewall drops idle ones without a word. */
export const DOORBELL_CHECK_MS = 30_000;
export const DOORBELL_RETRY_MS = 500;
/** How far our clock and Salesforce's may be apart where the two are compared. */
export const CLOCK_SKEW_MAX_MS = 600_000;
/** A load hands PostgreSQL pieces of this size: larger ones gain nothing, and memory stays far under its bound. */
export const COPY_PIECE_BYTES = 131_072;
/** A CSV header of the widest object (800 fields of 43 characters) is under 40 kB. */
export const CSV_HEADER_BYTES_MAX = 131_072;
/** A mapping file of 500 objects of 800 fields is under 20 MB; real ones are under 200 kB. */
export const MAPPING_FILE_BYTES_MAX = 20_971_520;
/** Connect's own database serves short statements of the control API; more would only wait for its disk. */
export const REGISTRY_CONNECTIONS_MAX = 5;

// Salesforce

/** Connections to all orgs' hosts, each host's share: Salesforce lets 25 long calls run at once, and others call too. */
export const ORG_CONNECTIONS_MAX = 16;
export const ORG_CONNECT_TIMEOUT_MS = 10_000;
/** Shorter than a load balancer's idle cut (Salesforce's is a minute or more), so that few requests meet a closed socket. */
export const ORG_KEEP_ALIVE_MS = 30_000;
/** Queries are cut by Salesforce itself after two minutes. */
export const ORG_READ_TIMEOUT_MS = 150_000;
/** A write has its answer within seconds. What is later counts as lost: the record is read back, and stays closed for as long as Salesforce may still apply it. */
export const ORG_WRITE_TIMEOUT_MS = 120_000;
/** The pauses inside a bulk result's stream; the server answers each page from a file it has ready. */
export const BULK_PAGE_TIMEOUT_MS = 300_000;
/** A kill repeats at most one page; a page is streamed, so its size costs no memory, only the time to repeat it. */
export const BULK_PAGE_RECORDS_MAX = 50_000;
/** Logging in is a page of text; what takes longer is broken. */
export const OAUTH_TIMEOUT_MS = 30_000;
/** Salesforce takes assertions that end within five minutes. */
export const ASSERTION_LIFETIME_MS = 180_000;
/** Pause after a refused login: Salesforce locks users out after repeated failures (five to ten by default). */
export const LOGIN_RETRY_MS = 60_000;
/** A person needs minutes at a login page, not hours. */
export const AUTHORIZATION_LIFETIME_MS = 900_000;
/** API versions whose answers this code was written against; 58 is the first with parallel bulk result pages. */
export const API_VERSION_OLDEST = 45;
export const API_VERSION_NEWEST = 67;
/** Salesforce refuses addresses of 16,384 characters and more (414); the rest of the address takes its share. */
export const QUERY_ADDRESS_CHARACTERS_MAX = 14_000;
/** composite/sobjects takes no more records. */
export const WRITE_RECORDS_MAX = 200;
/** Salesforce answers questions about deleted records for this long. */
export const DELETED_DAYS_MAX = 15;
/** Answers of JSON are held in memory: 1,000 wide records are under 8 MB. */
export const SEARCHED_RECORDS_MAX = 2_000;
/** Salesforce's own bound on a PushTopic's name. */
export const PUSH_TOPIC_NAME_CHARACTERS_MAX = 25;
/** A refused handshake is tried again at this pace, rising to the second: meanwhile changes are polled. */
export const STREAM_RETRY_FIRST_MS = 1_000;
export const STREAM_RETRY_MAX_MS = 60_000;

// The service

/** The platform is on the same machine or the next; what takes longer is broken. */
export const PLATFORM_TIMEOUT_MS = 10_000;
/** A right that was taken away ends within this. */
export const PERMISSION_CACHE_MS = 60_000;
/** Callers times apps that poll at once; past it the cache begins anew. */
export const PERMISSION_CACHE_MAX = 10_000;
/** Requests other than mapping files are a few names. */
export const JSON_BODY_BYTES_MAX = 1_048_576;
/** A stop answers requests in flight for this long; with the writes on the wire it stays under ten seconds. */
export const DRAIN_MS = 3_000;
/** Writes on the wire may end within this at a stop; what is still open then is read back at the next start. */
export const PUSH_DRAIN_MS = 5_000;
/** A connection whose database, org or platform is away is tried again at this pace, rising to the second. */
export const CONNECTION_RETRY_FIRST_MS = 1_000;
export const CONNECTION_RETRY_MAX_MS = 30_000;
/** A process that runs another's connections after its death does so within this. */
export const STAND_BY_MS = 2_000;
/** Describing a hundred objects takes half of this; a client that asked for it waits no longer. */
export const IMPORT_TIMEOUT_MS = 60_000;
/** Write errors and notifications are listed newest first, so what is left out is old. */
export const LISTED_MAX = 1_000;
/** Heroku Connect lists the write errors of a day. */
export const WRITE_ERRORS_WITHIN_MS = 86_400_000;
/** Results of diagnoses wait for the one who asked, who looks every half second. */
export const DIAGNOSES_MAX = 100;
/** One waits at most this long in one request for a connection to be in sync; then one asks again. */
export const WAIT_TIMEOUT_MS = 30_000;
export const WAIT_POLL_MS = 100;
/** The archive of the log is kept as long as Heroku Connect keeps it: a week on the free plan, a month on the others. */
export const ARCHIVE_DAYS_FREE = 7;
export const ARCHIVE_DAYS = 31;

// The sync engine

/** Salesforce documents ten minutes for the longest composite request, and a minute is for what is under way when it ends. */
export const SERVER_APPLIES_WITHIN_MS = 660_000;
/** A claim is sent at once; what has not left after this is not sent, since the quarantine counts from the claim. */
export const SEND_WITHIN_MS = 30_000;
/** How far Salesforce's clock may be from ours where an intent is compared with a CreatedDate. */
export const INTENT_CLOCK_SKEW_MS = 60_000;
/** The first retry of a locked row: a transaction in Salesforce rarely takes longer. */
export const RETRY_FIRST_MS = 500;
/** The last one: an outage of an hour costs sixty calls a mapping. */
export const RETRY_MAX_MS = 60_000;
/** UNABLE_TO_LOCK_ROW is believed after as many tries, some six minutes; then a person reads it. */
export const RECORD_RETRIES_MAX = 12;
/** Records in one request of sObject Collections, and Heroku Connect's `soap_batch_size`. */
export const SEND_RECORDS_MAX = 200;
/** Rows in one claim: five requests, which is what is sent at once. More would only wait, PENDING. */
export const CLAIM_ROWS_MAX = 1_000;
/** Requests of one mapping at once. An org allows 25 long ones in all. */
export const SENDS_AT_ONCE_MAX = 5;
/** Records in a page of a sweep: a REST query answers at most 2,000, and a page is one transaction that locks its rows. */
export const PAGE_RECORDS_MAX = 1_000;
/** Records read back at once: 200 ids of 18 characters fit in one query's URI. */
export const READ_BACK_RECORDS_MAX = 200;
/** Records become visible seconds after their stamp; five minutes is what others who read by stamp were driven to. */
export const LOOK_BACK_MS = 300_000;
/** Without any doorbell, the trigger log is looked at this often: Heroku Connect's ten seconds. */
export const SWEEP_LOG_MS = 10_000;
/**
 * Salesforce tells of a change a second or two after it; half a second more is little beside that, and a busy org would
 * otherwise be read without a pause: at 50 changes a second the reads took half of a core and doubled the time of a write.
 */
export const HINT_REST_MS = 500;
/** A record that could not be read now is asked for again after this, then half as often each time. */
export const READ_AGAIN_REST_MS = 1_000;
/** A bulk query job takes seconds at least. */
export const JOB_POLL_MS = 2_000;
/** A loop that fails waits this long at first: long enough for a restarted database, short enough to go unnoticed. */
export const LOOP_BACKOFF_FIRST_MS = 250;
/** And this long at most: recovery is noticed within half a minute. */
export const LOOP_BACKOFF_MAX_MS = 30_000;
/** Between two looks at Salesforce's list of deleted records, which knows also those that left the recycle bin. */
export const DELETED_LIST_INTERVAL_MS = 3_600_000;
/** The first list after a start covers a day of being down; who was down longer reloads. */
export const DELETED_LIST_FIRST_MS = 86_400_000;
/** What Heroku Connect calls a large query; shown to clients, which print it. */
export const LARGE_QUERY_THRESHOLD = 10_000;
/** Of a mapping's calls of the day, kept for writes when reads have used theirs. */
export const BUDGET_SHARE_OF_WRITES = 0.2;
/** Heroku Connect's default of `sf_max_daily_api_calls`. */
export const CALLS_PER_DAY_DEFAULT = 30_000;
/** A streaming client's farewell is a courtesy; a server that does not answer it within this finds out by itself. */
export const STREAM_GOODBYE_MS = 500;
