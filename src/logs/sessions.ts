import { randomBytes } from 'node:crypto';
import type http from 'node:http';

import type { Clock } from '../kit/clock.ts';
import type { LogHub } from './hub.ts';
import {
  HEARTBEAT_MS,
  LINES_KEPT_MAX,
  SESSIONS_MAX,
  SESSION_LIFE_MS,
  TAIL_BUFFER_BYTES_MAX,
} from './limits.ts';
import { formatLogLine, passes, type LogFilter, type LogLine } from './log-line.ts';

export interface LogSession extends LogFilter {
  readonly appId: string;
  /** How many of the remembered lines come first. */
  readonly lines: number;
  /** Whether the stream stays open for new ones. */
  readonly tail: boolean;
}

/**
 * Log streams that a URL alone opens: `GET <prefix>/<token>` answers with server-sent events, one line each. The
 * token is the permission, so it is long, and good for minutes.
 */
export class LogSessions {
  readonly #hub: LogHub;
  readonly #clock: Clock;
  readonly #sessions = new Map<
    string,
    { readonly session: LogSession; readonly expiresAt: number }
  >();

  constructor(hub: LogHub, clock: Clock) {
    this.#hub = hub;
    this.#clock = clock;
  }

  /** Makes a session and resolves to its token, for the caller to put into the URL. */
  open(session: LogSession): string {
    const now = this.#clock.now();
    for (const [token, { expiresAt }] of this.#sessions) {
      if (expiresAt > now && this.#sessions.size < SESSIONS_MAX) break;
      this.#sessions.delete(token);
    }
    const token = randomBytes(32).toString('base64url');
    this.#sessions.set(token, { session, expiresAt: now + SESSION_LIFE_MS });
    return token;
  }

  /** Answers a request for a stream; the last part of its path is the token. */
  async answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const path = (request.url ?? '').split('?')[0] ?? '';
    const token = path.slice(path.lastIndexOf('/') + 1);
    const found = this.#sessions.get(token);
    if (found === undefined || found.expiresAt <= this.#clock.now()) {
      response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' });
      response.end('This log session does not exist any more. Ask for the logs again.\n');
      return;
    }
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    response.flushHeaders();
    await this.#stream(found.session, response);
  }

  async #stream(session: LogSession, response: http.ServerResponse): Promise<void> {
    const writer = new EventWriter(response);
    // Listen first, then read what is remembered: no line falls between, and none comes twice.
    const early: LogLine[] = [];
    let live = false;
    using _listening = this.#hub.listen(session.appId, (line) => {
      if (!passes(line, session)) return;
      if (live) writer.send(line);
      else early.push(line);
    });
    const recent = await this.#hub.recent(session.appId);
    const count = Math.min(session.lines, LINES_KEPT_MAX);
    const chosen = recent
      .filter((line) => passes(line, session))
      .slice(count === 0 ? Infinity : -count);
    for (const line of chosen) writer.send(line);
    const lastAt = recent.at(-1)?.at ?? 0;
    for (const line of early) if (line.at > lastAt) writer.send(line);
    live = true;
    if (!session.tail) {
      response.end();
      return;
    }
    const closed = new AbortController();
    response.once('close', () => {
      closed.abort();
    });
    while (!response.destroyed && !closed.signal.aborted) {
      await this.#clock.sleep(HEARTBEAT_MS, closed.signal);
      writer.beat();
    }
  }
}

/** Writes lines as events as fast as they are read; what a slow reader cannot take is dropped and told. */
class EventWriter {
  readonly #response: http.ServerResponse;
  #id = 0;
  #dropped = 0;
  #droppedSince = 0;

  constructor(response: http.ServerResponse) {
    this.#response = response;
  }

  send(line: LogLine): void {
    if (this.#response.destroyed) return;
    if (this.#response.writableLength > TAIL_BUFFER_BYTES_MAX) {
      this.#dropped += 1;
      this.#droppedSince ||= line.at;
      return;
    }
    if (this.#dropped > 0) this.#tellDropped(line.at);
    this.#write(line);
  }

  beat(): void {
    if (!this.#response.destroyed) this.#response.write(':\n\n');
  }

  #tellDropped(at: number): void {
    const since = new Date(this.#droppedSince / 1_000).toISOString();
    const text = `Error L11 (Tail buffer overflow) -> This tail session dropped ${this.#dropped} messages since ${since}.`;
    this.#dropped = 0;
    this.#droppedSince = 0;
    this.#write({ at, source: 'heroku', process: 'logplex', text });
  }

  #write(line: LogLine): void {
    this.#id += 1;
    this.#response.write(`id: ${this.#id}\ndata: ${formatLogLine(line)}\n\n`);
  }
}
