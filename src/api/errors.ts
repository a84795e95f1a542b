import type express from 'express';

import { fault } from '../faults.ts';
import { Fault, messageOf } from '../kit/fault.ts';
import type { Platform } from '../ports.ts';

/** Turns whatever was thrown into Heroku's form of an error: `{id, message}`, and what else the command line shows. */
export function answerError({ log }: Pick<Platform, 'log'>): express.ErrorRequestHandler {
  return (thrown: unknown, request, response, _next) => {
    const told = asFault(thrown);
    if (told.status >= 500 && told.code !== 'NOT_IMPLEMENTED') {
      log.error(
        {
          requestId: String(response.locals['requestId']),
          method: request.method,
          path: request.path,
          err: thrown,
        },
        'request failed',
      );
    }
    if (response.headersSent) {
      response.destroy();
      return;
    }
    if (told.status === 401) response.set('WWW-Authenticate', 'Basic realm="Landbridge"');
    response.status(told.status).json(bodyOf(told));
  };
}

/** An error's JSON. */
export function bodyOf(told: Fault): Readonly<Record<string, unknown>> {
  const { app, resource, url } = told.details;
  return {
    id: told.code.toLowerCase(),
    message: told.message,
    ...(app === undefined ? {} : { app }),
    ...(resource === undefined ? {} : { resource }),
    ...(url === undefined ? {} : { url }),
  };
}

function asFault(thrown: unknown): Fault {
  if (thrown instanceof Fault) return thrown;
  const status =
    typeof thrown === 'object' && thrown !== null && 'status' in thrown ? thrown.status : undefined;
  if (status === 413) {
    return fault('REQUEST_TOO_LARGE', 'The request body is too large. Send less at once.');
  }
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return fault('BAD_REQUEST', `The request cannot be read: ${messageOf(thrown)}`, {
      cause: thrown,
    });
  }
  return fault('INTERNAL', 'Internal server error. The platform’s log has the details.', {
    cause: thrown,
  });
}
