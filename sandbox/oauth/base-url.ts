import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';

/** A host as an address can carry it; anything else in a Host header must not reach an answer. */
const HOST = /^(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;

/** The address under which this request reached the org: clients keep it as their instance URL. */
export function baseUrlOf(request: IncomingMessage): string {
  const scheme = request.socket instanceof TLSSocket ? 'https' : 'http';
  const host = request.headers.host;
  if (host !== undefined && HOST.test(host)) return `${scheme}://${host}`;
  return `${scheme}://127.0.0.1:${request.socket.localPort ?? 80}`;
}
