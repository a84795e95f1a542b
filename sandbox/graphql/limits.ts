/** Salesforce: records of a page unless `first` says otherwise. */
export const PAGE_RECORDS = 10;
/** Salesforce: the largest `first`. */
export const PAGE_RECORDS_MAX = 2_000;
/** Salesforce: queries of records in one request. */
export const QUERIES_MAX = 10;
/** Braces, brackets and parentheses inside one another: five levels of parents in children are some twenty. */
export const DEPTH_MAX = 50;
/** Fields a request selects once its fragments are opened: SOQL takes some hundreds of columns. */
export const SELECTED_FIELDS_MAX = 5_000;
/** Words and signs of a document; a page of a rich client has some hundreds, and validation compares fields with each other: ten thousand take half a second. */
export const TOKENS_MAX = 10_000;
