import { once } from 'node:events';
import net from 'node:net';

/** A port of the loopback interface that is free now. */
export async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new TypeError('no port');
  return address.port;
}

/** `count` different free ports, each the first of `run` free ones in a row. */
export async function freePorts(count: number, run: number): Promise<readonly number[]> {
  const found: number[] = [];
  while (found.length < count) {
    const first = await freePort();
    const all = Array.from({ length: run }, (_, index) => first + index);
    const taken = all.some((port) => found.some((other) => port >= other && port < other + run));
    if (first + run < 65_000 && !taken && (await Promise.all(all.map(isFree))).every(Boolean))
      found.push(first);
  }
  return found;
}

async function isFree(port: number): Promise<boolean> {
  const server = net.createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
    return true;
  } catch {
    return false;
  }
}
