import { DATE_FUNCTIONS } from './functions/dates.ts';
import type { FunctionRule } from './functions/rule.ts';
import { LOGIC_FUNCTIONS } from './functions/logic.ts';
import { MATH_FUNCTIONS } from './functions/math.ts';
import { RECORD_FUNCTIONS } from './functions/record.ts';
import { TEXT_FUNCTIONS } from './functions/texts.ts';

/** The functions of formulas by name. */
export const FUNCTIONS: ReadonlyMap<string, FunctionRule> = new Map(
  Object.entries({
    ...LOGIC_FUNCTIONS,
    ...TEXT_FUNCTIONS,
    ...MATH_FUNCTIONS,
    ...DATE_FUNCTIONS,
    ...RECORD_FUNCTIONS,
  }),
);

/** Functions Salesforce has, and not in formulas of fields, rules and defaults, or that need what is not here. */
export const NOT_HERE: ReadonlySet<string> = new Set([
  'CURRENCYRATE',
  'GETRECORDIDS',
  'GETSESSIONID',
  'INCLUDE',
  'JUNCTIONIDLIST',
  'LINKTO',
  'PARENTGROUPVAL',
  'PREDICT',
  'PREVGROUPVAL',
  'REQUIRESCRIPT',
  'URLFOR',
  'VLOOKUP',
]);
