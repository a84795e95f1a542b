/** Salesforce: detail rows an answer of the Analytics API holds; beyond it `allData` is false. */
export const REPORT_ROWS_MAX = 2_000;
/** Groups and subgroups of one answer; Salesforce shows 2,000 groups, each here with a subtotal. */
export const REPORT_GROUPS_MAX = 4_000;
/** Salesforce: reports a list of recent ones holds. */
export const RECENT_REPORTS_MAX = 200;
/** Salesforce keeps the result of an asynchronous run for a day. */
export const INSTANCE_KEPT_HOURS = 24;
/** Salesforce: groupings of a report, down and across together twice two. */
export const GROUPINGS_MAX = 4;
/** Salesforce: components of a dashboard. */
export const COMPONENTS_MAX = 20;
