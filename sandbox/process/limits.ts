/** Salesforce: approval requests of one call. */
export const REQUESTS_MAX = 200;
/** Salesforce: steps of an approval process. */
export const STEPS_MAX = 30;
