import http from 'node:http';

import { listen, type Listening } from '../kit/listen.ts';

export interface Readiness extends AsyncDisposable {
  readonly url: string;
  ready(): void;
}

/** What the platform's `/health` asks of `npm start`: 503 while the first set-up is under way, 200 once all is there. */
export async function openReadiness(): Promise<Readiness> {
  let state: 'setting up' | 'ready' = 'setting up';
  const server = http.createServer((_request, response) => {
    response.writeHead(state === 'ready' ? 200 : 503, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ state }));
  });
  const listening: Listening = await listen(server, {
    port: 0,
    host: '127.0.0.1',
    drainMs: 100,
    what: 'the readiness of npm start',
    variable: 'nothing',
  });
  return {
    url: `http://127.0.0.1:${listening.port}/health`,
    ready() {
      state = 'ready';
    },
    [Symbol.asyncDispose]: () => listening[Symbol.asyncDispose](),
  };
}
