/** Salesforce: records of a page unless `first` says otherwise. */
export const PAGE_RECORDS = 10;
/** Salesforce: the largest `first`. */
export const PAGE_RECORDS_MAX = 2_000;
/** Salesforce: queries of records in one request. */
export const QUERIES_MAX = 10;
/** Words and signs of a document; a page of a rich client has some hundreds. */
export const TOKENS_MAX = 20_000;
