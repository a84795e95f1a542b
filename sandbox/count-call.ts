import type { NextFunction, Request, Response } from 'express';

import { callKind, callsOf } from './call-kind.ts';
import { LONG_REQUEST_MS } from './limits.ts';
import type { Org } from './org.ts';
import { SalesforceError } from './salesforce-error.ts';
import { limitInfo } from './usage.ts';

type Counting = Pick<Org, 'clock' | 'settings' | 'usage'>;

/** When each call in flight began, by the org's clock; one list for all APIs of an org. */
const inFlight = new WeakMap<Org['usage'], Set<{ readonly since: number }>>();

/**
 * Middleware: counts the call, says so in `Sforce-Limit-Info`, and refuses it when the day's calls are used up or too
 * many calls have been running for long.
 */
export function countCall(org: Counting) {
  return (_request: Request, response: Response, next: NextFunction): void => {
    response.set('Sforce-Limit-Info', limitInfo(org));
    beginCall(org, response);
    response.set('Sforce-Limit-Info', limitInfo(org));
    next();
  };
}

/** The same for an API that has its own way to answer and its own header. */
export function beginCall(org: Counting, response: Response): void {
  const { clock, settings, usage } = org;
  const calls = inFlight.get(usage) ?? new Set();
  inFlight.set(usage, calls);
  const now = clock.now();
  const long = [...calls].filter(({ since }) => now - since >= LONG_REQUEST_MS).length;
  if (long >= settings.longRequestsMax) {
    throw new SalesforceError('REQUEST_LIMIT_EXCEEDED', 'ConcurrentPerOrgLongTxn Limit exceeded.');
  }
  usage.take(org);
  usage.add(org, callsOf(callKind(response.req.originalUrl)));
  const call = { since: now };
  calls.add(call);
  response.once('close', () => calls.delete(call));
}
