import http from 'node:http';

import { listen, type Listening } from '../../../src/kit/listen.ts';

export const APP = { id: '0f1c9a52-6a7c-4f0a-9a51-3f6a0d1f7b11', name: 'contact-card' } as const;
export const USER_TOKEN = 'canary-user-token-of-the-owner';
export const STRANGER_TOKEN = 'canary-user-token-of-a-stranger';
export const PLATFORM_TOKEN = 'canary-platform-token-of-connect';

export interface FakePlatform extends AsyncDisposable {
  readonly url: string;
  readonly config: Record<string, string>;
  /** Requests that came, `GET /apps/x`. */
  readonly requests: readonly string[];
}

/** As much of the platform as Connect asks: one app, its owner, and Connect's own token. */
export async function startFakePlatform(config: Record<string, string>): Promise<FakePlatform> {
  const requests: string[] = [];
  const server = http.createServer((request, response) => {
    const path = request.url ?? '';
    requests.push(`${request.method ?? ''} ${path}`);
    const { status, body } = answer(path, request.headers.authorization ?? '', config);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  const listening: Listening = await listen(server, {
    port: 0,
    host: '127.0.0.1',
    drainMs: 100,
    what: 'the fake platform',
    variable: '',
  });
  return {
    url: `http://127.0.0.1:${listening.port}`,
    config,
    requests,
    [Symbol.asyncDispose]: () => listening[Symbol.asyncDispose](),
  };
}

function answer(
  path: string,
  authorization: string,
  config: Readonly<Record<string, string>>,
): { readonly status: number; readonly body: unknown } {
  const own = authorization === `Bearer ${PLATFORM_TOKEN}`;
  const owner = authorization === `Bearer ${USER_TOKEN}`;
  const stranger = authorization === `Bearer ${STRANGER_TOKEN}`;
  if (!own && !owner && !stranger) return { status: 401, body: { id: 'unauthorized' } };
  if (path === '/account') {
    return {
      status: 200,
      body: { id: '4d3c…', email: owner ? 'owner@example.com' : 'x@example.com' },
    };
  }
  const [, , app = '', rest] = path.split('/');
  const known = app === APP.id || app === APP.name;
  if (!known || stranger) return { status: 404, body: { id: 'not_found' } };
  if (rest === undefined) return { status: 200, body: APP };
  if (rest === 'config-vars' && own) return { status: 200, body: config };
  if (rest === 'addons' && own) {
    const addon = {
      config_vars: ['DATABASE_URL'],
      plan: { name: 'heroku-postgresql:essential-0' },
    };
    return { status: 200, body: [addon] };
  }
  return { status: 403, body: { id: 'forbidden' } };
}
