import http from 'node:http';
import type net from 'node:net';

import type { Clock } from '../kit/clock.ts';
import { hostName, type Backend, type Route, type RoutingTable } from '../core/routing-table.ts';
import { pageOf, renderPage, type HCode } from './errors.ts';
import { requestHeaders, requestIdOf, responseHeaders, type Client } from './headers.ts';
import type { RouterLimits } from './limits.ts';
import { routerLine } from './log-line.ts';

/** What an exchange needs of the router around it. */
export interface Surroundings {
  readonly clock: Clock;
  readonly limits: RouterLimits;
  /** Keeps connections to dynos. */
  readonly pool: http.Agent;
  /** Makes a new connection for each request. */
  readonly once: http.Agent;
  table(): RoutingTable;
  /** A dyno to try, none of those that were tried; undefined when there is no other. */
  pick(backends: readonly Backend[], tried: ReadonlySet<string>): Backend | undefined;
  /** A dyno did not accept a connection. */
  quarantine(backend: Backend): void;
  /** Whether one more request of the app may wait for a dyno to start. */
  mayWait(appId: string): boolean;
  tell(appId: string, line: string): void;
  ended(exchange: Exchange): void;
}

/** How the request came in. */
export interface Incoming {
  readonly request: http.IncomingMessage;
  readonly response: http.ServerResponse;
  readonly secure: boolean;
  /** The client waits for a "100 Continue" before it sends the body. */
  readonly expectsContinue: boolean;
  /** The client's connection, when it asks to speak another protocol from here on. */
  readonly upgrade: { readonly socket: net.Socket; readonly head: Buffer } | undefined;
}

/** These may be sent again without harm when a kept connection turns out to be closed (RFC 9110, section 9.2.1). */
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * One request on its way through the router.
 * ```
 * waiting ──► connecting ──► sent ──► answering ──► ended
 *    │  ▲         │            │           └──► tunnel ──► ended
 *    │  └─refused─┘            │
 *    └────────── refused, timed out, cut: a page where none was begun ──► ended
 * ```
 */
export class Exchange {
  /** What it is doing, so that the router knows what a passed deadline means. */
  state: 'waiting' | 'connecting' | 'sent' | 'answering' | 'tunnel' | 'ended' = 'waiting';
  /** When the present state has lasted too long. */
  deadline: number;
  backend: Backend | undefined;
  readonly host: string;
  readonly #around: Surroundings;
  readonly #incoming: Incoming;
  readonly #client: Client;
  readonly #tried = new Set<string>();
  readonly #hasBody: boolean;
  #route: Route | undefined;
  #upstream: http.ClientRequest | undefined;
  #answer: http.IncomingMessage | undefined;
  #connectStartedAt = 0;
  #connectMs: number | undefined;
  #refusal: HCode = 'H21';
  #status = 0;
  #bytes = 0;

  constructor(around: Surroundings, incoming: Incoming) {
    const { request, response, secure } = incoming;
    const now = around.clock.now();
    this.#around = around;
    this.#incoming = incoming;
    this.host = hostName(request.headers.host ?? '');
    this.deadline = now + around.limits.bootWaitMs;
    this.#hasBody = hasBody(request);
    this.#client = {
      address: (request.socket.remoteAddress ?? '').replace(/^::ffff:/, ''),
      secure,
      port: request.socket.localPort ?? 0,
      requestId: requestIdOf(request.headers['x-request-id']),
      startedAt: now,
    };
    response.on('close', () => {
      this.#clientClosed();
    });
    response.on('error', () => undefined);
    request.on('error', () => undefined);
  }

  get appId(): string | undefined {
    return this.#route?.appId;
  }

  /** Whether the dyno may not be stopped yet. Streams are not waited for: they would last for hours. */
  get holdsDyno(): boolean {
    if (this.state === 'answering')
      return !/event-stream/.test(this.#answer?.headers['content-type'] ?? '');
    return this.state === 'connecting' || this.state === 'sent';
  }

  /** Looks at the table: sends the request to a dyno, waits for one, or refuses. Called again when the table changed. */
  offer(): void {
    const route = this.#around.table().get(this.host);
    this.#route = route;
    if (route === undefined) {
      this.#fail(undefined);
      return;
    }
    const { target } = route;
    if (target.kind === 'refuse') this.#fail(target.code);
    else if (target.kind === 'boot') this.#wait(route);
    else this.#try(target.backends);
  }

  /** Refuses it before any dyno is asked. */
  refuse(code: HCode): void {
    this.#route = this.#around.table().get(this.host);
    this.#fail(this.#route === undefined ? undefined : code);
  }

  /** Its deadline has passed. */
  expire(): void {
    switch (this.state) {
      case 'waiting':
        this.#fail('H20');
        return;
      case 'connecting':
        this.#refused('H19');
        return;
      case 'sent':
        this.#fail(this.#waitsForClient() ? 'H28' : 'H12');
        return;
      case 'answering':
      case 'tunnel':
        this.#cut('H15');
        return;
      case 'ended':
    }
  }

  /** The platform stops. */
  abort(): void {
    if (this.state === 'answering' || this.state === 'tunnel') this.#cut(undefined);
    else this.#fail('H99');
  }

  #wait({ appId }: Route): void {
    this.state = 'waiting';
    this.deadline = this.#client.startedAt + this.#around.limits.bootWaitMs;
    if (!this.#around.mayWait(appId)) this.#fail('H11');
  }

  #try(backends: readonly Backend[]): void {
    const { clock, limits } = this.#around;
    const backend =
      this.#tried.size < limits.triesMax ? this.#around.pick(backends, this.#tried) : undefined;
    if (backend === undefined) {
      this.#fail(this.#refusal);
      return;
    }
    this.backend = backend;
    this.state = 'connecting';
    this.#connectStartedAt = clock.now();
    this.deadline = this.#connectStartedAt + limits.connectMs;
    this.#send(backend);
  }

  #send(backend: Backend): void {
    const { request, expectsContinue, response } = this.#incoming;
    const mayRepeat =
      SAFE.has(request.method ?? '') && !this.#hasBody && this.#incoming.upgrade === undefined;
    const upstream = this.#request(backend, mayRepeat);
    if (upstream === undefined) return;
    this.#upstream = upstream;
    upstream.on('error', (error: NodeJS.ErrnoException) => {
      if (upstream === this.#upstream)
        this.#upstreamFailed(error, mayRepeat && upstream.reusedSocket);
    });
    upstream.on('response', (answer) => {
      this.#answered(answer);
    });
    upstream.on('upgrade', (answer, socket: net.Socket, head) => {
      this.#tunnel(answer, socket, head);
    });
    if (expectsContinue) upstream.on('continue', () => response.writeContinue());
    upstream.once('socket', (socket) => {
      if (!socket.connecting) this.#connected(upstream);
      else socket.once('connect', () => this.#connected(upstream));
    });
    // Without a body nothing can be lost; with one, it is kept until there is somebody to take it.
    if (!this.#hasBody) upstream.end();
  }

  /** The request to the dyno; what Node's parser lets in and its writer does not let out is the client's fault. */
  #request({ host, port }: Backend, mayRepeat: boolean): http.ClientRequest | undefined {
    const { request } = this.#incoming;
    try {
      return http.request({
        host,
        port,
        method: request.method ?? 'GET',
        path: request.url ?? '/',
        headers: requestHeaders(request.rawHeaders, this.#client, this.#framing()),
        setHost: false,
        agent: mayRepeat ? this.#around.pool : this.#around.once,
      });
    } catch {
      this.#fail('H26');
      return undefined;
    }
  }

  /** The headers that say how the body is delimited, and of what the connection is for. */
  #framing(): readonly string[] {
    const { request, upgrade, expectsContinue } = this.#incoming;
    if (upgrade !== undefined)
      return ['Connection', 'Upgrade', 'Upgrade', request.headers.upgrade ?? ''];
    const expect = expectsContinue ? ['Expect', '100-continue'] : [];
    if (request.headers['transfer-encoding'] !== undefined)
      return ['Transfer-Encoding', 'chunked', ...expect];
    // Else Node would announce chunks for a POST that has no body at all.
    if (request.headers['content-length'] === undefined && !SAFE.has(request.method ?? '')) {
      return ['Content-Length', '0'];
    }
    return expect;
  }

  #connected(upstream: http.ClientRequest): void {
    if (upstream !== this.#upstream || this.state !== 'connecting') return;
    const now = this.#around.clock.now();
    this.#connectMs = now - this.#connectStartedAt;
    this.state = 'sent';
    this.#touch(now);
    if (this.#hasBody) this.#sendBody(upstream);
  }

  #sendBody(upstream: http.ClientRequest): void {
    const { request } = this.#incoming;
    upstream.flushHeaders();
    request.on('data', (chunk: Buffer) => {
      this.#touch(this.#around.clock.now());
      if (!upstream.write(chunk)) request.pause();
    });
    upstream.on('drain', () => request.resume());
    request.on('end', () => {
      this.#touch(this.#around.clock.now());
      upstream.end();
    });
  }

  /** Something moved: what happens next has its whole time again. */
  #touch(now: number): void {
    const { firstByteMs, idleMs } = this.#around.limits;
    if (this.state !== 'sent') this.deadline = now + idleMs;
    else
      this.deadline =
        now + (this.#incoming.request.complete ? firstByteMs : Math.max(firstByteMs, idleMs));
  }

  #waitsForClient(): boolean {
    return !this.#incoming.request.complete && this.#upstream?.writableNeedDrain !== true;
  }

  #upstreamFailed(error: NodeJS.ErrnoException, mayRepeat: boolean): void {
    if (this.state === 'ended') return;
    if (this.state === 'connecting') {
      this.#refused(error.code === 'ETIMEDOUT' ? 'H19' : 'H21');
    } else if (this.state === 'answering' || this.state === 'tunnel') {
      this.#cut('H18');
    } else if (error.code?.startsWith('HPE_') === true) {
      this.#fail('H17');
    } else if (mayRepeat) {
      // The dyno had closed the kept connection before it could read the request.
      this.offer();
    } else {
      this.#fail('H13');
    }
  }

  /** The dyno did not accept: another one gets the request, of which nothing was sent yet. */
  #refused(code: HCode): void {
    const { backend } = this;
    this.#dropUpstream();
    this.#refusal = code;
    if (backend !== undefined) {
      this.#tried.add(backend.dynoId);
      this.#around.quarantine(backend);
    }
    this.offer();
  }

  #answered(answer: http.IncomingMessage): void {
    if (this.state === 'ended') return;
    const { response } = this.#incoming;
    this.state = 'answering';
    this.#answer = answer;
    this.#status = answer.statusCode ?? 502;
    this.#touch(this.#around.clock.now());
    try {
      response.writeHead(this.#status, answer.statusMessage, responseHeaders(answer.rawHeaders));
    } catch {
      // Characters that Node's parser lets in and its writer does not let out.
      this.#fail('H17');
      return;
    }
    // What comes at once goes in one packet with the headers; else they go alone, as server-sent events need it.
    setImmediate(() => {
      if (!response.writableEnded) response.flushHeaders();
    });
    answer.on('data', (chunk: Buffer) => {
      this.#bytes += chunk.length;
      this.#touch(this.#around.clock.now());
      if (!response.write(chunk)) answer.pause();
    });
    response.on('drain', () => {
      this.#touch(this.#around.clock.now());
      answer.resume();
    });
    answer.on('end', () => {
      response.end(() => {
        this.#end(undefined);
      });
    });
    answer.on('error', () => {
      this.#cut('H18');
    });
    answer.on('close', () => {
      if (!answer.complete) this.#cut('H18');
    });
  }

  /** From here on bytes go both ways, whatever they mean. */
  #tunnel(answer: http.IncomingMessage, socket: net.Socket, head: Buffer): void {
    const { upgrade, response } = this.#incoming;
    if (this.state === 'ended' || upgrade === undefined) {
      socket.destroy();
      // Nobody asked it to speak anything else.
      this.#fail('H17');
      return;
    }
    this.state = 'tunnel';
    this.#status = 101;
    this.#touch(this.#around.clock.now());
    response.detachSocket(upgrade.socket);
    const headers = responseHeaders(answer.rawHeaders, ['connection', 'upgrade']);
    upgrade.socket.write(headText(answer, headers));
    this.#join(socket, upgrade.socket, true);
    this.#join(upgrade.socket, socket, false);
    if (head.length > 0) socket.unshift(head);
    if (upgrade.head.length > 0) socket.write(upgrade.head);
  }

  #join(from: net.Socket, to: net.Socket, counted: boolean): void {
    from.setNoDelay(true);
    from.on('data', (chunk: Buffer) => {
      if (counted) this.#bytes += chunk.length;
      this.#touch(this.#around.clock.now());
      if (!to.write(chunk)) from.pause();
    });
    to.on('drain', () => from.resume());
    from.on('end', () => to.end());
    from.on('error', () => to.destroy());
    from.on('close', () => {
      to.destroy();
      this.#end(undefined);
    });
    from.resume();
  }

  #clientClosed(): void {
    const { response } = this.#incoming;
    if (this.state === 'ended' || this.state === 'tunnel' || response.writableFinished) return;
    this.#dropUpstream();
    // A client that has read enough of an answer has not been failed by anybody.
    if (this.state === 'answering') {
      this.#end(undefined);
      return;
    }
    this.#status = 499;
    this.#end('H27');
  }

  /** Answers with a page; without a code, that no app has this host. */
  #fail(code: HCode | undefined): void {
    if (this.state === 'ended') return;
    const { request, response } = this.#incoming;
    this.#dropUpstream();
    const { type, text } = renderPage(code, request.headers.accept ?? '');
    this.#status = pageOf(code).status;
    // The rest of an upload that nobody takes is not read.
    if (!request.complete || this.#incoming.upgrade !== undefined) response.shouldKeepAlive = false;
    response.writeHead(this.#status, http.STATUS_CODES[this.#status], {
      'content-type': type,
      'content-length': Buffer.byteLength(text),
      'cache-control': 'no-cache, no-store',
      'x-request-id': this.#client.requestId,
    });
    this.state = 'ended';
    response.end(text);
    this.#finish(code);
  }

  /** Ends an answer that was begun; the client sees it as cut off. */
  #cut(code: HCode | undefined): void {
    if (this.state === 'ended') return;
    this.#dropUpstream();
    if (code !== undefined && this.state === 'answering') this.#status = 503;
    this.#end(code);
    this.#incoming.response.destroy();
    this.#incoming.upgrade?.socket.destroy();
  }

  #dropUpstream(): void {
    const upstream = this.#upstream;
    this.#upstream = undefined;
    upstream?.destroy();
  }

  #end(code: HCode | undefined): void {
    if (this.state === 'ended') return;
    this.state = 'ended';
    this.#finish(code);
  }

  #finish(code: HCode | undefined): void {
    this.#around.ended(this);
    if (this.#route === undefined) return;
    const { request } = this.#incoming;
    const reached = this.#connectMs !== undefined;
    const line = routerLine({
      method: request.method ?? '',
      path: request.url ?? '',
      host: this.host,
      requestId: this.#client.requestId,
      forwardedFor: forwardedFor(request, this.#client.address),
      dyno: this.backend?.dyno,
      connectMs:
        reached || this.backend === undefined
          ? this.#connectMs
          : this.#around.clock.now() - this.#connectStartedAt,
      serviceMs: reached
        ? this.#around.clock.now() - this.#connectStartedAt - (this.#connectMs ?? 0)
        : undefined,
      status: this.#status,
      bytes: reached ? this.#bytes : undefined,
      secure: this.#client.secure,
      code,
    });
    this.#around.tell(this.#route.appId, line);
  }
}

function hasBody({ headers }: http.IncomingMessage): boolean {
  const length = headers['content-length'];
  return headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}

function forwardedFor({ headers }: http.IncomingMessage, address: string): string {
  const sent = headers['x-forwarded-for'];
  return sent === undefined ? address : `${String(sent)}, ${address}`;
}

function headText(
  { statusCode, statusMessage }: http.IncomingMessage,
  headers: readonly string[],
): string {
  let text = `HTTP/1.1 ${statusCode ?? 101} ${statusMessage ?? ''}\r\n`;
  for (let at = 0; at + 1 < headers.length; at += 2)
    text += `${headers[at]}: ${headers[at + 1]}\r\n`;
  return `${text}\r\n`;
}
