/** Bounds of the Metadata API; those of its messages and archives stand in the org's `limits.ts`. */

/** Salesforce: components in one call that creates, updates, reads or deletes them. */
export const COMPONENTS_PER_CALL_MAX = 10;
/** Salesforce: queries in one listMetadata. */
export const LIST_QUERIES_MAX = 3;
/** No package of Salesforce nests deeper than its folders and an object's picklists; XML nested further is an attack. */
export const XML_DEPTH_MAX = 40;
/** The queue of jobs is looked at when one is put in; this often in case the hint was lost. */
export const JOBS_SWEEP_MS = 10_000;
/** A database that is gone is asked again after a second, then less and less often, at last twice a minute. */
export const JOBS_BACKOFF = { firstMs: 1_000, maxMs: 30_000 } as const;
