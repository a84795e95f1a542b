import http from 'node:http';
import { pipeline } from 'node:stream/promises';

import { fault } from '../faults.ts';
import { codeOf, messageOf, type Fault } from '../kit/fault.ts';
import type { Log } from '../kit/log.ts';
import { PROXY_FIRST_BYTE_TIMEOUT_MS, PROXY_SOCKETS_MAX } from '../limits.ts';
import { bodyOf } from '../api/errors.ts';

/** Headers that speak of one connection only (RFC 9110, section 7.6.1). */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

export interface Proxy extends Disposable {
  /** Passes the request on, path and Authorization unchanged, and streams the answer back. */
  forward(request: http.IncomingMessage, response: http.ServerResponse): Promise<void>;
}

export interface ProxyOptions {
  /** `http://127.0.0.1:5056` */
  readonly target: string;
  readonly log: Log;
}

/** Connect behind the platform's address. */
export function openProxy({ target, log }: ProxyOptions): Proxy {
  const agent = new http.Agent({ keepAlive: true, maxSockets: PROXY_SOCKETS_MAX });
  const base = new URL(target);
  return {
    async forward(request, response) {
      try {
        const answer = await ask(request, { base, agent });
        response.writeHead(
          answer.statusCode ?? 502,
          answer.statusMessage,
          passedOn(answer.rawHeaders),
        );
        response.flushHeaders();
        await pipeline(answer, response);
      } catch (error) {
        // The client went away: there is nobody to tell.
        if (response.destroyed || codeOf(error) === 'ERR_STREAM_PREMATURE_CLOSE') {
          response.destroy();
          return;
        }
        log.warn({ method: request.method, err: error }, 'Connect did not answer');
        if (response.headersSent) response.destroy();
        else refuse(response, away(error));
      }
    },
    [Symbol.dispose]() {
      agent.destroy();
    },
  };
}

interface Upstream {
  readonly base: URL;
  readonly agent: http.Agent;
}

async function ask(
  request: http.IncomingMessage,
  { base, agent }: Upstream,
): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = http.request({
      agent,
      host: base.hostname,
      port: base.port,
      method: request.method,
      path: request.url,
      headers: [...passedOn(request.rawHeaders), ...forwarded(request)],
    });
    outgoing.setTimeout(PROXY_FIRST_BYTE_TIMEOUT_MS, () => {
      outgoing.destroy(new Error('no answer in time'));
    });
    outgoing.once('response', (answer) => {
      // The time was for the first byte: an open stream may be silent.
      outgoing.setTimeout(0);
      resolve(answer);
    });
    outgoing.once('error', reject);
    pipeline(request, outgoing).catch(reject);
  });
}

function passedOn(raw: readonly string[]): string[] {
  const named = new Set(
    pairs(raw)
      .filter(([name]) => name.toLowerCase() === 'connection')
      .flatMap(([, value]) => value.split(',').map((word) => word.trim().toLowerCase())),
  );
  return pairs(raw)
    .filter(([name]) => {
      const lower = name.toLowerCase();
      return !HOP_BY_HOP.has(lower) && !named.has(lower) && !lower.startsWith('x-forwarded-');
    })
    .flat();
}

function pairs(raw: readonly string[]): [string, string][] {
  const found: [string, string][] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    found.push([raw[index] ?? '', raw[index + 1] ?? '']);
  }
  return found;
}

function forwarded(request: http.IncomingMessage): string[] {
  const secure = 'encrypted' in request.socket && request.socket.encrypted === true;
  return [
    'X-Forwarded-For',
    request.socket.remoteAddress ?? 'unknown',
    'X-Forwarded-Proto',
    secure ? 'https' : 'http',
    'X-Forwarded-Host',
    request.headers.host ?? 'localhost',
  ];
}

function away(error: unknown): Fault {
  return fault(
    'CONNECT_UNAVAILABLE',
    `The Connect service does not answer (${messageOf(error)}). Look at its log, and try again.`,
    { cause: error },
  );
}

function refuse(response: http.ServerResponse, told: Fault): void {
  response.writeHead(told.status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(bodyOf(told)));
}
