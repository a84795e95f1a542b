import type { NextFunction, Request, Response } from 'express';

import { holdRefusal } from '../held-refusal.ts';
import type { Org } from '../org.ts';
import { SalesforceError } from '../salesforce-error.ts';

/** Middleware before all others: what the rules say of requests happens here. The admin API itself is spared. */
export function injectIntoRequests(org: Pick<Org, 'injector' | 'clock'>) {
  return async (request: Request, response: Response, next: NextFunction): Promise<void> => {
    if (/^\/(?:admin|health)\b/.test(request.path)) {
      next();
      return;
    }
    const effect = org.injector.take({
      point: 'request',
      subject: `${request.method} ${request.url}`,
    });
    switch (effect?.kind) {
      case 'refuse': {
        const refusal = new SalesforceError(
          effect.errorCode,
          effect.message,
          effect.status === undefined ? {} : { status: effect.status },
        );
        if (!/^\/services\/(?:Soap|async)\//.test(request.path)) throw refusal;
        holdRefusal(request, refusal);
        break;
      }
      case 'loseReply':
        cutAfter(response, 0);
        break;
      case 'truncate':
        cutAfter(response, effect.bytes);
        break;
      case 'delay':
        await org.clock.sleep(effect.ms);
        break;
      case 'stuck':
      case 'drop':
      case 'duplicate':
      case 'reorder':
      case 'gap':
      case 'expire':
      case undefined:
      default:
    }
    next();
  };
}

/**
 * Lets the answer be made, and with it whatever the request commits, and cuts the connection after so many bytes of the
 * body; after none, before the status line.
 */
function cutAfter(response: Response, bytes: number): void {
  const write = response.write.bind(response);
  let left = bytes;
  const cut = (chunk: unknown): void => {
    const body =
      typeof chunk === 'string'
        ? Buffer.from(chunk)
        : Buffer.isBuffer(chunk)
          ? chunk
          : Buffer.alloc(0);
    const part = body.subarray(0, left);
    left -= part.length;
    if (part.length > 0) write(part);
  };
  response.write = (chunk: unknown): boolean => {
    cut(chunk);
    return true;
  };
  response.end = (chunk?: unknown): Response => {
    cut(chunk);
    response.socket?.destroySoon();
    return response;
  };
}
