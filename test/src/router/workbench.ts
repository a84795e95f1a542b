import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';

import type { Backend, Route, RoutingTable } from '../../../src/core/routing-table.ts';
import { systemClock } from '../../../src/kit/clock.ts';
import { silentLog } from '../../../src/kit/log.ts';
import { ROUTER_LIMITS, type RouterLimits } from '../../../src/router/limits.ts';
import { prepareRouter, type Router, type RouterOptions } from '../../../src/router/router.ts';

/** Heroku's times, looked at often. */
const USUAL: RouterLimits = { ...ROUTER_LIMITS, sweepMs: 10 };

/** Times short enough for tests that wait for their end, and in the same order as the real ones. */
export const QUICK: RouterLimits = {
  ...ROUTER_LIMITS,
  connectMs: 300,
  firstByteMs: 400,
  bootWaitMs: 1_000,
  idleMs: 600,
  quarantineMs: 5_000,
  waitingMax: 3,
  sweepMs: 10,
};

export interface Workbench extends AsyncDisposable {
  readonly router: Router;
  /** Lines for the log of the app, as they come. */
  readonly lines: string[];
  /** Puts the app `shop` before these ports. */
  serve(...ports: readonly number[]): void;
  route(target: Route['target']): void;
  /** A server that answers as it is told; its port. */
  app(listener: http.RequestListener): Promise<number>;
  /** A server that speaks as it is told; its port. */
  speaker(onConnection: (socket: net.Socket) => void): Promise<number>;
  servers: net.Server[];
}

export async function openWorkbench(more: Partial<RouterOptions> = {}): Promise<Workbench> {
  const lines: string[] = [];
  const servers: net.Server[] = [];
  const sockets = new Set<net.Socket>();
  const router = prepareRouter({
    host: '127.0.0.1',
    port: 0,
    secure: undefined,
    clock: systemClock,
    log: silentLog,
    limits: USUAL,
    tell: (_appId, line) => lines.push(line),
    ...more,
  });
  await router.start();
  const route = (target: Route['target']): void => router.update(tableOf(target));
  const open = async (server: net.Server): Promise<number> => {
    servers.push(server);
    server.on('connection', (socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new TypeError('no port');
    return address.port;
  };
  return {
    router,
    lines,
    servers,
    route,
    serve: (...ports) => {
      const [first, ...rest] = ports.map(backend);
      if (first === undefined) throw new TypeError('no port');
      route({ kind: 'serve', backends: [first, ...rest] });
    },
    app: async (listener) => open(http.createServer(listener)),
    speaker: async (onConnection) => open(net.createServer(onConnection)),
    async [Symbol.asyncDispose]() {
      await router[Symbol.asyncDispose]();
      for (const socket of sockets) socket.destroy();
      for (const server of servers) server.close();
    },
  };
}

export function tableOf(target: Route['target']): RoutingTable {
  const route: Route = { appId: 'shop-id', appName: 'shop', target };
  return new Map([
    ['shop.localhost', route],
    // For clients that choose their Host header themselves.
    ['localhost', route],
  ]);
}

function backend(port: number, index: number): Backend {
  return { dynoId: `dyno-${port}`, dyno: `web.${index + 1}`, host: '127.0.0.1', port };
}

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
  /** Whether the body came to its end. */
  readonly complete: boolean;
}

export interface Asked {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly agent?: http.Agent;
}

/** One request to shop.localhost at the router. */
export async function ask(port: number, asked: Asked = {}): Promise<Answer> {
  const { method = 'GET', path = '/', headers = {}, body, agent } = asked;
  const request = http.request({
    host: '127.0.0.1',
    port,
    method,
    path,
    agent: agent ?? false,
    headers: { host: 'shop.localhost', ...headers },
  });
  request.end(body);
  const [answer]: http.IncomingMessage[] = await once(request, 'response');
  if (answer === undefined) throw new TypeError('no answer');
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of answer) chunks.push(chunk);
  } catch {
    // Cut off: `complete` says so.
  }
  const text = Buffer.concat(chunks).toString();
  return {
    status: answer.statusCode ?? 0,
    headers: answer.headers,
    text,
    complete: answer.complete,
  };
}

/** Sends bytes as they are and resolves to all that comes back until the connection ends. */
export async function raw(port: number, text: string): Promise<string> {
  const socket = net.connect(port, '127.0.0.1');
  socket.write(text);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.on('error', () => undefined);
  await once(socket, 'close');
  return Buffer.concat(chunks).toString();
}
