/** Salesforce: elements of a page, unless pageSize says otherwise. */
export const PAGE_ELEMENTS = 25;
/** Salesforce: the largest pageSize. */
export const PAGE_ELEMENTS_MAX = 100;
/** Salesforce shows three comments with their post; the others are a page of their own. */
export const COMMENTS_SHOWN = 3;
