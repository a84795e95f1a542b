/** The longest SOQL statement Salesforce takes. */
export const STATEMENT_CHARACTERS_MAX = 100_000;

/** The longest string inside a WHERE clause that Salesforce takes. */
export const FILTER_STRING_CHARACTERS_MAX = 4_000;

/** Parentheses inside parentheses. Salesforce states no figure; this keeps the recursive parser's stack far from its end. */
export const NESTING_MAX = 100;

/** Parent relationships in one path (`a.b.c.d.e.Name` is five). */
export const PARENT_LEVELS_MAX = 5;

/** Different parent relationships in one statement. */
export const PARENT_RELATIONSHIPS_MAX = 55;

/** Child subqueries in one statement. */
export const SUBQUERIES_MAX = 20;

/** Levels of objects from the outermost query down, itself counted. */
export const CHILD_LEVELS_MAX = 5;

/**
 * Characters that the records of one page may have by the declared lengths of their fields, about what a page may take in
 * memory: 2,000 records with one long text of 32,000 characters still fit.
 */
export const PAGE_CHARACTERS_MAX = 96_000_000;

/** Salesforce: a page holds at most 200 records when two or more custom long texts are selected. */
export const LONG_TEXTS_MAX = 2;
export const LONG_TEXT_PAGE_RECORDS = 200;
/** A text area that is longer than this is a long one. */
export const LONG_TEXT_CHARACTERS = 255;
/** What a value that is no text takes in an answer. */
export const VALUE_CHARACTERS = 30;

/** The greatest OFFSET. */
export const OFFSET_MAX = 2_000;

/** The greatest LIMIT that FIELDS(ALL) and FIELDS(CUSTOM) go with. */
export const FIELDS_LIMIT_MAX = 200;

/** Salesforce: a query with OFFSET answers with at most so many rows, and says that these are all. */
export const OFFSET_ROWS_MAX = 2_000;

/** Rows that an aggregate query without LIMIT answers with; more needs queryMore, which aggregates lack. */
export const AGGREGATE_ROWS_MAX = 2_000;

/** Salesforce: fields of ROLLUP and of CUBE. */
export const SUBTOTAL_FIELDS_MAX = 3;

/** Characters of the statement shown around an error, before and after the place. */
export const EXCERPT_BEFORE = 45;
export const EXCERPT_AFTER = 60;
