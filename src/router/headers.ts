import { randomUUID } from 'node:crypto';

/** Headers that belong to one connection and not to the message (RFC 9110, section 7.6.1). */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Set by the router alone: what a client sends under these names would deceive the app. */
const OURS = new Set([
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-port',
  'x-request-id',
  'x-request-start',
  'via',
  'expect',
]);

const ROUTER = '1.1 landbridge-router';
const REQUEST_ID = /^[A-Za-z0-9+/=-]{20,200}$/;

/** Name, value, name, value, ... as they came over the wire. */
export type RawHeaders = readonly string[];

export interface Client {
  readonly address: string;
  readonly secure: boolean;
  readonly port: number;
  readonly requestId: string;
  /** Milliseconds since the Unix epoch. */
  readonly startedAt: number;
}

/** The client's own id if it has the right form, so that it can find its request in the logs; else a new one. */
export function requestIdOf(sent: string | string[] | undefined): string {
  return typeof sent === 'string' && REQUEST_ID.test(sent) ? sent : randomUUID();
}

/** The headers a dyno gets. `framing` are those that the router decides on itself. */
export function requestHeaders(raw: RawHeaders, client: Client, framing: RawHeaders): string[] {
  const dropped = connectionNames(raw);
  const headers: string[] = [];
  let forwarded = '';
  let via = '';
  eachHeader(raw, (name, value) => {
    const key = name.toLowerCase();
    if (key === 'x-forwarded-for') forwarded += `${value}, `;
    if (key === 'via') via += `${value}, `;
    if (HOP_BY_HOP.has(key) || OURS.has(key) || dropped.has(key)) return;
    headers.push(name, value);
  });
  headers.push(
    ...framing,
    'X-Request-Id',
    client.requestId,
    'X-Forwarded-For',
    `${forwarded}${client.address}`,
    'X-Forwarded-Proto',
    client.secure ? 'https' : 'http',
    'X-Forwarded-Port',
    String(client.port),
    'Via',
    `${via}${ROUTER}`,
    'X-Request-Start',
    String(client.startedAt),
  );
  return headers;
}

/** The headers a client gets: the dyno's, without those of its connection. */
export function responseHeaders(raw: RawHeaders, kept: readonly string[] = []): string[] {
  const dropped = connectionNames(raw);
  const headers: string[] = [];
  eachHeader(raw, (name, value) => {
    const key = name.toLowerCase();
    if ((HOP_BY_HOP.has(key) || dropped.has(key)) && !kept.includes(key)) return;
    headers.push(name, value);
  });
  headers.push('Via', ROUTER);
  return headers;
}

function eachHeader(raw: RawHeaders, visit: (name: string, value: string) => void): void {
  for (let at = 0; at + 1 < raw.length; at += 2) visit(raw[at] ?? '', raw[at + 1] ?? '');
}

/** What the Connection header declares to be of this connection only; never the framing of the body. */
function connectionNames(raw: RawHeaders): ReadonlySet<string> {
  const names = new Set<string>();
  eachHeader(raw, (name, value) => {
    if (name.length !== 10 || name.toLowerCase() !== 'connection') return;
    for (const word of value.toLowerCase().split(',')) names.add(word.trim());
  });
  names.delete('content-length');
  names.delete('host');
  return names;
}
