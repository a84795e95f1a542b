import type { ErrorRequestHandler } from 'express';

import { Fault, messageOf } from '../../src/kit/fault.ts';
import type { Log } from '../../src/kit/log.ts';
import { fault } from '../faults.ts';

/** Turns whatever was thrown into `{id, message}` and, for a mapping file, the list of its faults. */
export function answerError(log: Log): ErrorRequestHandler {
  return (thrown: unknown, request, response, _next) => {
    const told = asFault(thrown);
    if (told.code === 'INTERNAL') {
      log.error({ method: request.method, path: request.path, err: thrown }, 'request failed');
    }
    if (response.headersSent) {
      response.destroy();
      return;
    }
    response.status(told.status).json(bodyOf(told));
  };
}

function bodyOf({ code, message, details }: Fault): Readonly<Record<string, unknown>> {
  const { faults } = details;
  return {
    id: code.toLowerCase(),
    message,
    ...(faults === undefined ? {} : { faults }),
  };
}

function asFault(thrown: unknown): Fault {
  if (thrown instanceof Fault) return thrown;
  const status =
    typeof thrown === 'object' && thrown !== null && 'status' in thrown ? thrown.status : undefined;
  if (status === 413) return fault('REQUEST_TOO_LARGE', 'The request body is too large.');
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return fault('BAD_REQUEST', `The request cannot be read: ${messageOf(thrown)}`, {
      cause: thrown,
    });
  }
  return fault('INTERNAL', 'Internal server error. The log of Connect has the details.', {
    cause: thrown,
  });
}
