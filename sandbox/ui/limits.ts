/** Records of a page of a list. */
export const LIST_RECORDS = 50;
/** SOQL's OFFSET goes no further; Salesforce's own list views end there as well. */
export const LIST_OFFSET_MAX = 2_000;
/** Names offered while a person types into a lookup. */
export const LOOKUP_CHOICES = 10;
/** Records shown of each related list before its own page. */
export const RELATED_RECORDS = 5;
/** Rows of a query that are shown: more is a download, which the API is for. */
export const QUERY_ROWS_SHOWN = 500;
/** Found of each object by the search over all. */
export const SEARCH_RECORDS = 5;
/** The recycle bin shows the newest. */
export const BIN_RECORDS = 200;
/** The newest jobs and deploys a page shows. */
export const NEWEST_SHOWN = 100;
/** Events the monitor begins with: each comes with its payload, a few KB. */
export const EVENTS_SHOWN = 50;
/** Events of one answer of the monitor's feed. */
export const FEED_EVENTS_MAX = 200;
/** A form of an object with a few long texts. */
export const FORM_BYTES_MAX = 1_048_576;
/** How often a page of something that goes on is fetched again. */
export const LIVE_SECONDS = 3;
/** Salesforce's shortest password. */
export const PASSWORD_CHARACTERS_MIN = 8;
