/** Jobs that run at once. Each holds one database session and a few buffers; more would only share the same processors. */
export const RUNNING_JOBS_MAX = 3;

/** Records on a page of results when the client does not say. Salesforce chooses by size; this is about 100 MB of wide contacts. */
export const PAGE_RECORDS_DEFAULT = 250_000;

/** Parallel pages that `resultPages` names at once. */
export const PARALLEL_PAGES_MAX = 5;

/** Every this many records the place of a record in the result file is noted: what a page scans at most to find its start. */
export const INDEX_RECORDS = 1_000;

/**
 * Bytes read from a result file at a time, and with the copies in flight (file buffer, gzip, socket) about six of them
 * are what one download holds in memory, whatever the size of the result.
 */
export const READ_BYTES = 256 * 1_024;

/** gzip's quickest level: on one machine the processor is scarcer than the wire. */
export const GZIP_LEVEL = 1;

/** An export may run this long (Salesforce: 2 minutes a query, but up to 10 times; a 2,000,000-row export takes about half a minute here). */
export const EXPORT_TIMEOUT_MS = 20 * 60_000;

/** Salesforce removes jobs seven days after they were made. */
export const JOB_LIFETIME_MS = 7 * 24 * 3_600_000;
/** How often they are looked for. */
export const CLEANUP_INTERVAL_MS = 60_000;

/** Jobs in one answer of a list. */
export const LIST_JOBS_MAX = 1_000;

/** A job's description in JSON or XML; a query is at most 100,000 characters. */
export const JOB_BODY_BYTES_MAX = 1_024 * 1_024;

/** Salesforce: records in one batch of an ingest job; each batch is one transaction. A batch in memory is the bound of an ingest job: about 10,000 records of some kilobytes. */
export const BATCH_RECORDS_MAX = 10_000;

/** Salesforce: a batch that fails is tried again up to 20 times, then its job fails. */
export const BATCH_RETRIES_MAX = 20;

/** Salesforce: the same of a batch of Bulk API 1. */
export const V1_BATCH_RETRIES_MAX = 10;

/** Salesforce: 150 MB of base64-grown data an upload, which is why it advises 100 MB. */
export const UPLOAD_BYTES_MAX = 150 * 1_000_000;

/** Salesforce: characters of one record. A file with an unclosed quote is one endless record; this ends it. */
export const RECORD_CHARACTERS_MAX = 400_000;

/** Salesforce: bytes of one batch of Bulk API 1. */
export const V1_BATCH_BYTES_MAX = 10_000_000;

/** Salesforce: files of one batch of Bulk API 1, the bytes of one, and of all of them unpacked. */
export const ATTACHMENTS_MAX = 1_000;
export const ATTACHMENT_BYTES_MAX = 10_000_000;
export const ATTACHMENTS_BYTES_MAX = 20_000_000;

/** Salesforce: records of a chunk under PK chunking, as it is and at most. */
export const PK_CHUNK_RECORDS_DEFAULT = 100_000;
export const PK_CHUNK_RECORDS_MAX = 250_000;
