import { ok, type Handler } from '../rest/request.ts';
import { notBuilt, SalesforceError } from '../salesforce-error.ts';
import { findApexProblem } from './apex.ts';

/** What executing a text answers when it does not compile. */
export interface Uncompiled {
  readonly line: number;
  readonly column: number;
  readonly compiled: false;
  readonly success: false;
  readonly compileProblem: string;
  readonly exceptionStackTrace: null;
  readonly exceptionMessage: null;
}

/**
 * Apex does not run here. What is no Apex is told so as Salesforce would; what is would have to run, and is refused.
 * @throws SalesforceError NOT_IMPLEMENTED
 */
export async function refuseAnonymous(text: string): Promise<Uncompiled> {
  const problem = await findApexProblem('anonymous', text);
  if (problem === undefined)
    throw notBuilt('Apex: the text is well formed, and cannot be executed');
  const { message, line, column } = problem;
  return {
    line,
    column,
    compiled: false,
    success: false,
    compileProblem: message,
    exceptionStackTrace: null,
    exceptionMessage: null,
  };
}

/** `GET /tooling/executeAnonymous?anonymousBody=` */
export const executeAnonymous: Handler = async ({ query }) => {
  const text = query.get('anonymousBody');
  if (text === null)
    throw new SalesforceError('MALFORMED_QUERY', 'Required parameter anonymousBody is missing');
  return ok(await refuseAnonymous(text));
};
