import { randomUUID } from 'node:crypto';

import express from 'express';

import { fault } from '../faults.ts';
import { present } from '../kit/assert.ts';
import { messageOf } from '../kit/fault.ts';
import { JSON_BODY_BYTES_MAX } from '../limits.ts';
import type { Platform } from '../ports.ts';
import type { User } from '../store/users.ts';
import { authenticate, authorizeApp } from './authorize.ts';
import { param, type Answer, type Call, type Endpoint } from './endpoint.ts';
import { ENDPOINTS } from './endpoints.ts';
import { answerError } from './errors.ts';
import { isOfferedByHeroku } from './not-offered.ts';
import { stableId } from '../store/stable-id.ts';

/** The Platform API v3 as an express application. `signal` ends its open streams. */
export function createApi(platform: Platform, signal: AbortSignal): express.Express {
  const api = express();
  api.disable('x-powered-by');
  api.disable('etag');
  api.set('case sensitive routing', true);
  api.use((request, response, next) => {
    const [last] = (request.get('request-id') ?? '').split(',').slice(-1);
    const requestId =
      last === undefined || last.trim() === '' ? randomUUID() : last.trim().slice(0, 200);
    response.locals['requestId'] = requestId;
    response.set({
      'Request-Id': requestId,
      'Cache-Control': 'private, no-store',
      'RateLimit-Remaining': '4500',
    });
    next();
  });
  for (const endpoint of ENDPOINTS) mount(api, endpoint, { platform, signal });
  api.use((request) => {
    if (isOfferedByHeroku(request.path)) {
      throw fault(
        'NOT_IMPLEMENTED',
        `Landbridge does not offer ${request.method} ${request.path} yet.`,
      );
    }
    throw fault(
      'NOT_FOUND',
      'The requested API endpoint was not found. Are you using the right HTTP verb (i.e. `GET` vs. `POST`), and did you specify your intended version with the `Accept` header?',
    );
  });
  api.use(answerError(platform));
  return api;
}

/** JSON whatever its Content-Type says: some clients leave it out. */
const readJson = express.json({ limit: JSON_BODY_BYTES_MAX, strict: false, type: () => true });

interface Mounting {
  readonly platform: Platform;
  readonly signal: AbortSignal;
}

function mount(api: express.Express, endpoint: Endpoint, { platform, signal }: Mounting): void {
  if (endpoint.access === 'key') {
    api[endpoint.method](endpoint.path, async (request, response) => {
      const gone = new AbortController();
      response.once('close', () => {
        gone.abort();
      });
      await endpoint.stream(platform, {
        params: stringsOf(request.params),
        request,
        response,
        signal: AbortSignal.any([signal, gone.signal]),
      });
    });
    return;
  }
  const users = new WeakMap<express.Request, User>();
  api[endpoint.method](
    endpoint.path,
    // The token first: nobody makes us read a body without one.
    async (request, _response, next) => {
      users.set(request, await authenticate(platform, request.get('authorization')));
      next();
    },
    readJson,
    async (request, response) => {
      const user = present(users.get(request), 'the account');
      const call = makeCall(request, { user, requestId: String(response.locals['requestId']) });
      const answer = await dispatch(endpoint, platform, call);
      send(response, answer);
    },
  );
}

async function dispatch(
  endpoint: Exclude<Endpoint, { access: 'key' }>,
  platform: Platform,
  call: Call,
): Promise<Answer> {
  if (endpoint.access === 'account') return endpoint.handle(platform, call);
  const { app, role } = await authorizeApp(platform, call.user, {
    app: param(call, 'app'),
    permission: endpoint.access,
  });
  return endpoint.handle(platform, { ...call, app, role });
}

function makeCall(
  request: express.Request,
  { user, requestId }: Pick<Call, 'user' | 'requestId'>,
): Call {
  const sent = request.get('request-id');
  const body: unknown = request.body;
  return {
    user,
    requestId,
    params: stringsOf(request.params),
    query: request.query,
    body,
    headers: request.headers,
    newId: (kind) =>
      sent === undefined || sent === ''
        ? randomUUID()
        : stableId(user.id, request.method, request.path, sent, JSON.stringify(body ?? null), kind),
  };
}

function stringsOf(params: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(params).flatMap(([name, value]) =>
      typeof value === 'string' ? [[name, value]] : [],
    ),
  );
}

function send(response: express.Response, { status = 200, body, headers = {} }: Answer): void {
  response.status(status).set(headers);
  try {
    response.json(body);
  } catch (error) {
    throw new TypeError(`an answer is not JSON: ${messageOf(error)}`, { cause: error });
  }
}
