import type { Request } from 'express';

import type { SalesforceError } from './salesforce-error.ts';

/** What the admin API's rules have refused, of the APIs that tell errors in a language of their own. */
const held = new WeakMap<Request, SalesforceError>();

/** Lets the API that the request is for refuse it: by a SOAP fault, by an error of Bulk API 1. */
export function holdRefusal(request: Request, refusal: SalesforceError): void {
  held.set(request, refusal);
}

/** @throws SalesforceError what a rule holds against the request. */
export function throwHeldRefusal(request: Request): void {
  const refusal = held.get(request);
  if (refusal !== undefined) throw refusal;
}
