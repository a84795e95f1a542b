import { once } from 'node:events';
import net from 'node:net';

import { codeOf } from '../kit/fault.ts';
import { fault } from './faults.ts';

export interface NeededPort {
  readonly port: number;
  readonly what: string;
  readonly variable: string;
}

/** Finds every taken port before anything is started, so that one message names them all. @throws Fault PORT_TAKEN */
export async function checkPorts(needed: readonly NeededPort[]): Promise<void> {
  const taken: NeededPort[] = [];
  for (const one of needed) if (!(await isFree(one.port))) taken.push(one);
  if (taken.length === 0) return;
  const words = taken.map(({ port, what, variable }) => `port ${port} for ${what} (${variable})`);
  const many = taken.length > 1;
  throw fault(
    'PORT_TAKEN',
    `${words.join(' and ')} ${many ? 'are' : 'is'} taken by another program. Free ${many ? 'them' : 'it'}, or set the ${many ? 'variables' : 'variable'} to ${many ? 'other ports' : 'another port'}.`,
  );
}

async function isFree(port: number): Promise<boolean> {
  for (const host of ['127.0.0.1', '::1']) {
    const probe = net.createServer().listen({ port, host });
    try {
      await once(probe, 'listening');
      probe.close();
      await once(probe, 'close');
    } catch (error) {
      // A machine without IPv6 answers EADDRNOTAVAIL or EAFNOSUPPORT, which says nothing about the port.
      if (codeOf(error) === 'EADDRINUSE' || codeOf(error) === 'EACCES') return false;
    }
  }
  return true;
}
