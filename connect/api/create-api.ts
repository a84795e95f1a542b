import express, { type Express, type Request, type RequestHandler, type Response } from 'express';

import { fault } from '../faults.ts';
import { JSON_BODY_BYTES_MAX, MAPPING_FILE_BYTES_MAX } from '../limits.ts';
import type { Answer, Api, Endpoint } from './context.ts';
import { ENDPOINTS } from './endpoints.ts';
import { answerError } from './errors.ts';
import { health } from './health.ts';

/** Connect over HTTP. */
export function createApi(api: Api): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('etag', false);
  app.get('/health', health(api));
  for (const endpoint of ENDPOINTS) {
    app[endpoint.method](endpoint.path, readBody(endpoint), answer(api, endpoint));
  }
  app.use(() => {
    throw fault('NOT_FOUND', 'There is nothing at this address.');
  });
  app.use(answerError(api.log));
  return app;
}

/** Clients send `null` as JSON, and an empty body with the type of JSON: both mean nothing. */
function readBody({ body = 'json' }: Endpoint): RequestHandler {
  return body === 'text'
    ? express.text({ type: () => true, limit: MAPPING_FILE_BYTES_MAX })
    : express.json({ type: () => true, strict: false, limit: JSON_BODY_BYTES_MAX });
}

function answer(api: Api, { handle }: Endpoint) {
  return async (request: Request, response: Response): Promise<void> => {
    send(response, await handle(api, request));
  };
}

function send(response: Response, { status, body, location, html }: Answer): void {
  // Answers speak of one caller's things.
  response.status(status).set('Cache-Control', 'no-store');
  if (location !== undefined) {
    response.set('Location', location).end();
    return;
  }
  if (html !== undefined) {
    response
      .set({
        'Content-Type': 'text/html; charset=utf-8',
        'Content-Security-Policy':
          "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
        'Referrer-Policy': 'no-referrer',
        'X-Content-Type-Options': 'nosniff',
      })
      .send(html);
    return;
  }
  if (body === undefined) response.end();
  else response.json(body);
}
