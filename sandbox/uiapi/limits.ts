/** Salesforce: records or objects of one batch. */
export const BATCH_MAX = 200;
/** Salesforce: records of a page of a list, unless pageSize says otherwise, and at most. */
export const LIST_RECORDS = 50;
export const LIST_RECORDS_MAX = 2_000;
/** Salesforce: suggestions unless asked for more, and at most. */
export const SUGGESTIONS = 5;
export const SUGGESTIONS_MAX = 2_000;
