/**
 * Views of the schema that are kept. Users of one profile share one; a hundred combinations of a profile and permission
 * sets are more than an org for trials has, at some 200 KB each.
 */
export const VIEWS_MAX = 100;

/** Users whose records' rules are kept with a view: the rules are short, but each user's objects are indexed anew (some 100 KB). */
export const USERS_PER_VIEW_MAX = 50;
