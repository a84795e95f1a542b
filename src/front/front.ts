import type http from 'node:http';

import { readHealth, type HealthPart } from './health.ts';

type Answerer = (request: http.IncomingMessage, response: http.ServerResponse) => void;

export interface Front {
  readonly api: Answerer;
  readonly connect: Answerer;
  readonly dashboard: Answerer;
  readonly health: readonly HealthPart[];
}

/** What belongs to Connect on the platform's port. `/auth` alone is the command line's sign-in, not Connect's. */
const CONNECT = /^\/(connections(\/|\?|$)|auth\/|api\/v3\/|oauth\/salesforce\/|odata\/)/;
const DASHBOARD = /^\/(\?|$|session(\?|$)|dashboard\/)/;

/** Gives each request on the platform's port to the part it is for, by its path. */
export function createFront(front: Front): http.RequestListener {
  return (request, response) => {
    const path = request.url ?? '/';
    if (CONNECT.test(path)) front.connect(request, response);
    else if (path === '/health') void answerHealth(front.health, response);
    else if (DASHBOARD.test(path)) front.dashboard(request, response);
    else front.api(request, response);
  };
}

async function answerHealth(
  parts: readonly HealthPart[],
  response: http.ServerResponse,
): Promise<void> {
  const { status, body } = await readHealth(parts);
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}
