import type http from 'node:http';
import type net from 'node:net';

import { systemClock } from './clock.ts';
import { messageOf } from './fault.ts';

export interface Listening extends AsyncDisposable {
  readonly port: number;
}

export interface ListenOptions {
  readonly port: number;
  readonly host: string;
  /** How long requests in flight may take to end at the close, before their sockets are cut. */
  readonly drainMs: number;
  /** Says what could not listen, for the sentence a person reads. */
  readonly what: string;
  /** The variable that moves it elsewhere. */
  readonly variable: string;
}

/** Thrown when the port cannot be had; the message says which setting moves it. */
export class PortTaken extends Error {
  override readonly name = 'PortTaken';
}

/**
 * Listens, and at disposal stops accepting, lets requests in flight end, closes idle connections at once and cuts the
 * rest after `drainMs`.
 */
export async function listen(server: http.Server, options: ListenOptions): Promise<Listening> {
  await bind(server, options);
  return {
    port: portOf(server),
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
      });
      server.closeIdleConnections();
      const cut = new AbortController();
      await Promise.race([closed, systemClock.sleep(options.drainMs, cut.signal)]);
      cut.abort();
      server.closeAllConnections();
      await closed;
    },
  };
}

export async function bind(
  server: net.Server,
  { port, host, what, variable }: ListenOptions,
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => {
      const reason =
        error.code === 'EADDRINUSE'
          ? `port ${port} is taken by another program`
          : error.code === 'EACCES'
            ? `port ${port} may not be used by this user`
            : messageOf(error);
      reject(
        new PortTaken(
          `${what} cannot listen: ${reason}. Free the port, or set ${variable} to another one.`,
          {
            cause: error,
          },
        ),
      );
    };
    server.once('error', failed);
    server.listen(port, host, () => {
      server.off('error', failed);
      resolve();
    });
  });
}

export function portOf(server: net.Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('not listening on TCP');
  return address.port;
}
