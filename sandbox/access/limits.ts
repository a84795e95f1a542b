/**
 * Views of the schema that are kept. Users of one profile share one; a hundred combinations of a profile and permission
 * sets are more than an org for trials has, at some 200 KB each.
 */
export const VIEWS_MAX = 100;
