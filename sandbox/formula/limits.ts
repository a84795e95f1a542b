/** Every bound of the formula part, with its reason. "Salesforce" = Salesforce's documented figure. */

/** Salesforce: characters of a formula as it is written. */
export const FORMULA_CHARACTERS_MAX = 3_900;
/** Salesforce: bytes of a compiled formula. Here: of its text, with every formula it refers to put in its place. */
export const COMPILED_BYTES_MAX = 5_000;
/** Salesforce: relationships in one reference, such as `Contact.Account.Owner.Profile.Name`. */
export const PATH_LEVELS_MAX = 10;
/** Salesforce: different relationships in one formula, in newer orgs. */
export const RELATIONSHIPS_MAX = 15;
/** Parentheses and calls inside each other: what fits into 3,900 characters is far less deep in any real formula, and bounds our own stack. */
export const NESTING_MAX = 200;
/** What LPAD and RPAD fill up to at most: the longest text a formula may answer. */
export const TEXT_CHARACTERS_MAX = 3_900;
