import type http from 'node:http';
import net from 'node:net';
import type tls from 'node:tls';

import { bind, portOf, type ListenOptions, type Listening } from './listen.ts';
import { systemClock } from './clock.ts';

/** The first byte of a TLS record that begins a handshake (RFC 8446, section 5.1). */
const TLS_HANDSHAKE = 0x16;
/** A client that connects and says nothing holds a socket; after this it is closed. */
const FIRST_BYTE_TIMEOUT_MS = 30_000;

/**
 * One port that speaks TLS and plain HTTP: the first byte of a connection decides. The `heroku` command line needs both
 * on one port, since it derives the TLS addresses from the plain one.
 */
export async function listenDual(
  servers: {
    readonly plain: http.Server;
    readonly secure: tls.Server & Pick<http.Server, 'closeAllConnections' | 'closeIdleConnections'>;
  },
  options: ListenOptions,
): Promise<Listening> {
  const sockets = new Set<net.Socket>();
  const front = net.createServer({ pauseOnConnect: false }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.setTimeout(FIRST_BYTE_TIMEOUT_MS, () => socket.destroy());
    socket.once('readable', () => {
      const first: unknown = socket.read(1);
      if (!Buffer.isBuffer(first)) return;
      socket.setTimeout(0);
      socket.removeAllListeners('timeout');
      socket.unshift(first);
      (first[0] === TLS_HANDSHAKE ? servers.secure : servers.plain).emit('connection', socket);
    });
  });
  await bind(front, options);
  return {
    port: portOf(front),
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => {
        front.close(() => {
          resolve();
        });
      });
      servers.plain.closeIdleConnections();
      servers.secure.closeIdleConnections();
      const cut = new AbortController();
      await Promise.race([closed, systemClock.sleep(options.drainMs, cut.signal)]);
      cut.abort();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
