import express, {
  type Express,
  type NextFunction,
  type Request,
  type RequestHandler,
  type Response,
  type Router,
} from 'express';

import { messageOf } from '../src/kit/fault.ts';
import type { Log } from '../src/kit/log.ts';
import { HEADER_BYTES_MAX, URI_BYTES_MAX } from './limits.ts';
import { answerErrors, SalesforceError } from './salesforce-error.ts';

export interface AppParts {
  readonly log: Log;
  /** What is ready, for `/health`. */
  health(): { readonly ready: boolean; readonly parts: Readonly<Record<string, string>> };
  /** Before everything but health and the bounds: what the admin API makes go wrong. */
  readonly before?: RequestHandler;
  /** In order: the more specific before the more general. */
  readonly routers: readonly Router[];
}

/** The org's HTTP face: health, the bounds of every request, the parts' routers, errors in Salesforce's shape. */
export function createApp({ log, health, before, routers }: AppParts): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.get('/health', (_request, response) => {
    const { ready, parts } = health();
    response.status(ready ? 200 : 503).json({ state: ready ? 'ready' : 'starting', parts });
  });
  app.use(bound);
  if (before !== undefined) app.use(before);
  for (const router of routers) app.use(router);
  app.use((_request: Request, _response: Response, next: NextFunction) => {
    next(new SalesforceError('NOT_FOUND', 'The requested resource does not exist'));
  });
  app.use(
    answerErrors((error, request) => {
      log.error(
        { err: error, method: request.method, path: request.path },
        `request failed: ${messageOf(error)}`,
      );
    }),
  );
  return app;
}

/**
 * Some clients ask for `//services/data` (the instance URL was stored with a slash): leading slashes are one. URIs and
 * headers beyond Salesforce's bounds are refused, since that is what makes a client choose Bulk for wide objects.
 */
function bound(request: Request, _response: Response, next: NextFunction): void {
  request.url = request.url.replace(/^\/{2,}/, '/');
  request.originalUrl = request.url;
  if (request.url.length > URI_BYTES_MAX) {
    throw new SalesforceError('URI_TOO_LONG', 'URI Too Long');
  }
  const headers = request.rawHeaders.reduce((sum, text) => sum + text.length, 0);
  if (headers > HEADER_BYTES_MAX) {
    throw new SalesforceError('REQUEST_HEADER_FIELDS_TOO_LARGE', 'Request Header Fields Too Large');
  }
  next();
}
