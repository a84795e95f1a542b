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
/** How far our clock and Salesforce's may be apart where the two are compared. */
export const CLOCK_SKEW_MAX_MS = 600_000;
/** A CSV header of the widest object (800 fields of 43 characters) is under 40 kB. */
export const CSV_HEADER_BYTES_MAX = 131_072;
/** A mapping file of 500 objects of 800 fields is under 20 MB; real ones are under 200 kB. */
export const MAPPING_FILE_BYTES_MAX = 20_971_520;
/** Connect's own database serves short statements of the control API; more would only wait for its disk. */
export const REGISTRY_CONNECTIONS_MAX = 5;
