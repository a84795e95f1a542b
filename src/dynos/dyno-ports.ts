import { once } from 'node:events';
import net from 'node:net';

import type { Clock } from '../kit/clock.ts';
import { fault } from '../faults.ts';
import { PORT_POLL_MS } from './limits.ts';

export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** A port of the range that nobody listens on and no dyno was given. */
export async function findFreePort(range: PortRange, taken: ReadonlySet<number>): Promise<number> {
  const size = range.last - range.first + 1;
  const start = Math.floor(Math.random() * size);
  for (let step = 0; step < size; step += 1) {
    const port = range.first + ((start + step) % size);
    if (!taken.has(port) && (await isFree(port))) return port;
  }
  throw fault(
    'NO_FREE_PORT',
    `Every port from ${range.first} to ${range.last} is taken. Scale down, or give the dynos a wider range in LANDBRIDGE_DYNO_PORTS.`,
  );
}

/** Resolves to true once something accepts connections at the port, to false when `signal` is aborted first. */
export async function listensOn(port: number, clock: Clock, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    if (await accepts(port)) return true;
    await clock.sleep(PORT_POLL_MS, signal);
  }
  return false;
}

async function accepts(port: number): Promise<boolean> {
  const socket = net.connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = net.createServer();
  try {
    server.listen({ port, host: '0.0.0.0', exclusive: true });
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
