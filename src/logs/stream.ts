import type http from 'node:http';

import type { Clock } from '../kit/clock.ts';
import type { LogHub } from './hub.ts';
import { HEARTBEAT_MS, LINES_KEPT_MAX, TAIL_BUFFER_BYTES_MAX } from './limits.ts';
import { formatLogLine, passes, type LogFilter, type LogLine } from './log-line.ts';

export interface LogSession extends LogFilter {
  readonly appId: string;
  /** How many of the remembered lines come first. */
  readonly lines: number;
  /** Whether the stream stays open for new ones. */
  readonly tail: boolean;
}

/**
 * Answers with an app's log as server-sent events, one line each: the remembered ones, and with `tail` the new ones
 * until the client goes. Resolves when the stream has ended.
 */
export async function streamLog(
  { hub, clock }: { readonly hub: LogHub; readonly clock: Clock },
  session: LogSession,
  response: http.ServerResponse,
): Promise<void> {
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  response.flushHeaders();
  const writer = new EventWriter(response);
  // Listen first, then read what is remembered: no line falls between, and none comes twice.
  const early: LogLine[] = [];
  let live = false;
  using _listening = hub.listen(session.appId, (line) => {
    if (!passes(line, session)) return;
    if (live) writer.send(line);
    else early.push(line);
  });
  const recent = await hub.recent(session.appId);
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
    await clock.sleep(HEARTBEAT_MS, closed.signal);
    writer.beat();
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
