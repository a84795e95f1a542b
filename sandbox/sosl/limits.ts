/** Salesforce: the longest search expression. */
export const SEARCH_CHARACTERS_MAX = 10_000;

/** Salesforce: records in one answer, and without a LIMIT. */
export const SEARCH_RECORDS_MAX = 2_000;

/** Objects searched when a search names none: all of an org would be a query for each of dozens of tables. */
export const OBJECTS_WITHOUT_RETURNING_MAX = 50;

/** Parentheses inside parentheses of a search expression. */
export const NESTING_MAX = 50;
