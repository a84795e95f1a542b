/** Parentheses and negations inside one another in a filter logic: Salesforce's filters hold 20 conditions. */
export const LOGIC_DEPTH_MAX = 50;
