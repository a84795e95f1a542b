import http from 'node:http';

import { listen } from '../../../src/kit/listen.ts';

interface FakeRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

export interface FakeAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly raw?: string | Buffer;
  /** Takes the request and cuts the connection. */
  readonly cut?: boolean;
}

export interface FakeOrg extends AsyncDisposable {
  readonly url: string;
  readonly host: string;
  readonly requests: readonly FakeRequest[];
  /** What it answers; the versions and a token are answered anyhow. */
  answer: (request: FakeRequest) => FakeAnswer | undefined;
}

export const ACCESS_TOKEN = '00D000000000001!canary-access-token';
export const RENEWED_TOKEN = '00D000000000001!canary-renewed-token';

/** An org that answers as a test says, and remembers what it was asked. */
export async function startFakeOrg(): Promise<FakeOrg> {
  const requests: FakeRequest[] = [];
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const asked = {
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString('utf8'),
      };
      requests.push(asked);
      const answer = org.answer(asked) ?? usual(asked, org.url);
      if (answer.cut === true) {
        response.socket?.destroy();
        return;
      }
      const { status = 200, headers = {}, json, raw } = answer;
      const body = raw ?? (json === undefined ? '' : JSON.stringify(json));
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
    });
  });
  const listening = await listen(server, {
    port: 0,
    host: '127.0.0.1',
    drainMs: 50,
    what: 'the fake org',
    variable: '',
  });
  const host = `127.0.0.1:${listening.port}`;
  const org: FakeOrg = {
    url: `http://${host}`,
    host,
    requests,
    answer: () => undefined,
    [Symbol.asyncDispose]: () => listening[Symbol.asyncDispose](),
  };
  return org;
}

function usual({ path }: FakeRequest, url: string): FakeAnswer {
  if (path === '/services/data')
    return { json: [{ version: '61.0' }, { version: '67.0' }, { version: '99.0' }] };
  if (path === '/services/oauth2/token') {
    return {
      json: {
        access_token: RENEWED_TOKEN,
        instance_url: url,
        id: `${url}/id/00D000000000001/005000000000001`,
        token_type: 'Bearer',
      },
    };
  }
  return { status: 404, json: [{ errorCode: 'NOT_FOUND', message: `nothing at ${path}` }] };
}
