import { SalesforceError } from '../salesforce-error.ts';

/** A search that is refused as a whole. */
export function badSearch(message: string): SalesforceError {
  return new SalesforceError('MALFORMED_SEARCH', message);
}
