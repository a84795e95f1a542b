import http from 'node:http';
import https from 'node:https';
import type net from 'node:net';
import tls from 'node:tls';
import { callbackify } from 'node:util';

import type { Backend, RoutingTable } from '../core/routing-table.ts';
import { hostName } from '../core/routing-table.ts';
import type { Authority } from '../kit/authority.ts';
import type { Clock } from '../kit/clock.ts';
import { listen, type Listening } from '../kit/listen.ts';
import type { Log } from '../kit/log.ts';
import { Exchange, type Incoming, type Surroundings } from './exchange.ts';
import {
  CERTIFICATES_MAX,
  CLIENT_KEEP_ALIVE_MS,
  DRAIN_MS,
  HEADERS_TIMEOUT_MS,
  HEADER_BYTES_MAX,
  ROUTER_LIMITS,
  UPSTREAM_IDLE_SOCKETS_MAX,
  UPSTREAM_KEEP_ALIVE_MS,
  type RouterLimits,
} from './limits.ts';

export interface RouterOptions {
  readonly host: string;
  readonly port: number;
  /** The TLS port and who makes its certificates; none without. */
  readonly secure: { readonly port: number; readonly authority: Authority } | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits?: RouterLimits;
  /** A line for the log of an app. */
  tell(appId: string, line: string): void;
}

export interface Router extends AsyncDisposable {
  readonly port: number;
  readonly securePort: number | undefined;
  /** Requests under way. */
  readonly underWay: number;
  start(): Promise<void>;
  /** Requests from now on go by this table; those under way are not touched. */
  update(table: RoutingTable): void;
  /** Resolves when no request is at the dyno any more, or after `timeoutMs`. The table must not name it any more. */
  drained(dynoId: string, timeoutMs: number): Promise<void>;
}

/** Makes a router; `start` opens its ports. */
export function prepareRouter(options: RouterOptions): Router {
  return new HttpRouter(options);
}

class HttpRouter implements Router, Surroundings {
  readonly clock: Clock;
  readonly limits: RouterLimits;
  readonly pool = new http.Agent({
    keepAlive: true,
    maxFreeSockets: UPSTREAM_IDLE_SOCKETS_MAX,
    timeout: UPSTREAM_KEEP_ALIVE_MS,
  });
  readonly once = new http.Agent({ keepAlive: false });
  readonly #options: RouterOptions;
  readonly #exchanges = new Set<Exchange>();
  readonly #quarantined = new Map<string, number>();
  readonly #drains = new Set<{ readonly dynoId: string; done(): void }>();
  readonly #contexts = new Map<string, Promise<tls.SecureContext>>();
  readonly #closed = new AbortController();
  #table: RoutingTable = new Map();
  #listening: readonly Listening[] = [];
  #sweeping: Promise<void> = Promise.resolve();

  constructor(options: RouterOptions) {
    this.#options = options;
    this.clock = options.clock;
    this.limits = options.limits ?? ROUTER_LIMITS;
  }

  get port(): number {
    return this.#listening[0]?.port ?? 0;
  }

  get securePort(): number | undefined {
    return this.#listening[1]?.port;
  }

  get underWay(): number {
    return this.#exchanges.size;
  }

  async start(): Promise<void> {
    const { host, port, secure } = this.#options;
    const plain = http.createServer(SERVER_OPTIONS);
    this.#serve(plain, false);
    const common = { host, drainMs: DRAIN_MS };
    const first = await listen(plain, {
      ...common,
      port,
      what: 'The router',
      variable: 'LANDBRIDGE_APPS_PORT',
    });
    this.#listening = [first];
    if (secure !== undefined) {
      const server = https.createServer({
        ...SERVER_OPTIONS,
        ALPNProtocols: ['http/1.1'],
        SNICallback: callbackify(async (name: string) => this.#context(hostName(name))),
        ...(await secure.authority.issue(['localhost', '*.localhost', '127.0.0.1', '::1'])),
      });
      this.#serve(server, true);
      try {
        const second = await listen(server, {
          ...common,
          port: secure.port,
          what: 'The router (TLS)',
          variable: 'LANDBRIDGE_APPS_TLS_PORT',
        });
        this.#listening = [first, second];
      } catch (error) {
        await first[Symbol.asyncDispose]();
        throw error;
      }
    }
    this.#sweeping = this.#sweep();
  }

  update(table: RoutingTable): void {
    this.#table = table;
    for (const exchange of this.#exchanges) if (exchange.state === 'waiting') exchange.offer();
  }

  async drained(dynoId: string, timeoutMs: number): Promise<void> {
    const done = new AbortController();
    const drain = {
      dynoId,
      done: () => {
        done.abort();
      },
    };
    this.#drains.add(drain);
    this.#checkDrain(drain);
    await this.clock.sleep(timeoutMs, AbortSignal.any([done.signal, this.#closed.signal]));
    this.#drains.delete(drain);
  }

  table(): RoutingTable {
    return this.#table;
  }

  pick(backends: readonly Backend[], tried: ReadonlySet<string>): Backend | undefined {
    const now = this.clock.now();
    const left = backends.filter(({ dynoId }) => !tried.has(dynoId));
    const healthy = left.filter(({ dynoId }) => (this.#quarantined.get(dynoId) ?? 0) <= now);
    const choice = healthy.length > 0 ? healthy : left;
    return choice[Math.floor(Math.random() * choice.length)];
  }

  quarantine({ dynoId }: Backend): void {
    this.#quarantined.set(dynoId, this.clock.now() + this.limits.quarantineMs);
  }

  mayWait(appId: string): boolean {
    let waiting = 0;
    for (const exchange of this.#exchanges) {
      if (exchange.state === 'waiting' && exchange.appId === appId) waiting += 1;
    }
    return waiting <= this.limits.waitingMax;
  }

  tell(appId: string, line: string): void {
    this.#options.tell(appId, line);
  }

  ended(exchange: Exchange): void {
    this.#exchanges.delete(exchange);
    for (const drain of this.#drains) {
      if (drain.dynoId === exchange.backend?.dynoId) this.#checkDrain(drain);
    }
  }

  /** Stops accepting, lets what is under way end for a moment, and cuts the rest. Dynos are not touched. */
  async [Symbol.asyncDispose](): Promise<void> {
    const streams = [...this.#exchanges].filter(({ holdsDyno }) => !holdsDyno);
    for (const exchange of streams) exchange.abort();
    await Promise.all(this.#listening.map(async (listening) => listening[Symbol.asyncDispose]()));
    for (const exchange of this.#exchanges) exchange.abort();
    this.#closed.abort();
    this.pool.destroy();
    await this.#sweeping;
  }

  #serve(server: http.Server, secure: boolean): void {
    server.keepAliveTimeout = CLIENT_KEEP_ALIVE_MS;
    server.headersTimeout = HEADERS_TIMEOUT_MS;
    // Uploads may take long; a client that sends nothing is H28.
    server.requestTimeout = 0;
    const usual = { secure, expectsContinue: false, upgrade: undefined };
    server.on('request', (request, response) => {
      this.#begin({ ...usual, request, response })?.offer();
    });
    server.on('checkContinue', (request, response) => {
      this.#begin({ ...usual, request, response, expectsContinue: true })?.offer();
    });
    server.on('checkExpectation', (request, response) => {
      this.#begin({ ...usual, request, response })?.refuse('H26');
    });
    server.on('upgrade', (request, socket: net.Socket, head) => {
      const response = new http.ServerResponse(request);
      response.shouldKeepAlive = false;
      response.assignSocket(socket);
      response.on('finish', () => socket.end());
      socket.on('error', () => socket.destroy());
      this.#begin({ ...usual, request, response, upgrade: { socket, head } })?.offer();
    });
    server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      if (!socket.writable || error.code === 'ECONNRESET') socket.destroy();
      else
        socket.end(
          `HTTP/1.1 ${clientFault(error.code)}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
        );
    });
  }

  /** An exchange for the request, unless that cannot be routed at all. */
  #begin(incoming: Incoming): Exchange | undefined {
    if (!isRoutable(incoming)) {
      const { response } = incoming;
      response.shouldKeepAlive = false;
      response.writeHead(400, { 'content-type': 'text/plain' }).end('Bad request\n');
      return undefined;
    }
    const exchange = new Exchange(this, incoming);
    this.#exchanges.add(exchange);
    return exchange;
  }

  /** One look at all deadlines every quarter of a second costs less than a timer for each request. */
  async #sweep(): Promise<void> {
    const { signal } = this.#closed;
    while (!signal.aborted) {
      await this.clock.sleep(this.limits.sweepMs, signal);
      const now = this.clock.now();
      for (const exchange of this.#exchanges) if (exchange.deadline <= now) exchange.expire();
      for (const [dynoId, until] of this.#quarantined)
        if (until <= now) this.#quarantined.delete(dynoId);
    }
  }

  #checkDrain({ dynoId, done }: { readonly dynoId: string; done(): void }): void {
    for (const { backend, holdsDyno } of this.#exchanges) {
      if (holdsDyno && backend?.dynoId === dynoId) return;
    }
    done();
  }

  /** A certificate for a host that an app has; none is made for others, or anybody could fill the memory. */
  async #context(name: string): Promise<tls.SecureContext | undefined> {
    const authority = this.#options.secure?.authority;
    if (authority === undefined || !this.#table.has(name)) return undefined;
    const known = this.#contexts.get(name);
    if (known !== undefined) return known;
    const made = authority
      .issue([name])
      .then((certificate) => tls.createSecureContext(certificate));
    this.#contexts.set(name, made);
    made.catch(() => this.#contexts.delete(name));
    const [oldest] = this.#contexts.keys();
    if (this.#contexts.size > CERTIFICATES_MAX && oldest !== undefined)
      this.#contexts.delete(oldest);
    return made;
  }
}

const SERVER_OPTIONS = {
  maxHeaderSize: HEADER_BYTES_MAX,
  insecureHTTPParser: false,
  requireHostHeader: true,
  // HTTP/2 without TLS is not spoken here, and passed on unread it would get around this router.
  shouldUpgradeCallback: (request: http.IncomingMessage) =>
    !/h2c/i.test(request.headers.upgrade ?? ''),
};

/** One host, a path of that host, and no body where the protocol is to change. */
function isRoutable({ request, upgrade }: Incoming): boolean {
  const hosts = request.rawHeaders.filter(
    (name, at) => at % 2 === 0 && name.toLowerCase() === 'host',
  );
  const framed = request.headers['content-length'] ?? request.headers['transfer-encoding'];
  if (upgrade !== undefined && framed !== undefined && framed !== '0') return false;
  const url = request.url ?? '';
  return (
    hosts.length === 1 && (url.startsWith('/') || (url === '*' && request.method === 'OPTIONS'))
  );
}

function clientFault(code: string | undefined): string {
  if (code === 'HPE_HEADER_OVERFLOW') return '431 Request Header Fields Too Large';
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? '408 Request Timeout' : '400 Bad Request';
}
