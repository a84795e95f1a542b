import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, statSync } from 'node:fs';

import { codeOf } from '../kit/fault.ts';

export interface Program {
  readonly argv: readonly [string, ...string[]];
  readonly cwd: string;
  /** The whole environment: nothing of ours is inherited. */
  readonly environment: Readonly<Record<string, string>>;
  /** The user it runs as, where we are the superuser. */
  readonly uid: number | undefined;
  readonly signal: AbortSignal;
  onOutput(chunk: Buffer, from: 'stdout' | 'stderr'): void;
}

/** Runs a program to its end; resolves to its status as a shell tells it. When aborted, all its processes are killed. */
export async function runProgram(program: Program): Promise<number> {
  const { argv, cwd, environment, uid, signal, onOutput } = program;
  signal.throwIfAborted();
  const [file, ...args] = argv;
  const child = spawn(file, args, {
    cwd,
    env: environment,
    // A process group of its own, so that all it starts can be ended.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: false,
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  const kill = (): void => {
    if (child.pid !== undefined) killGroup(child.pid);
    if (uid !== undefined) killAllOf(uid);
  };
  signal.addEventListener('abort', kill, { once: true });
  for (const from of ['stdout', 'stderr'] as const) {
    child[from].on('data', (chunk: Buffer) => {
      onOutput(chunk, from);
    });
  }
  try {
    const [status, killedBy]: (number | string | null)[] = await once(child, 'close');
    if (typeof status === 'number') return status;
    return killedBy === 'SIGTERM' ? 143 : 137;
  } finally {
    signal.removeEventListener('abort', kill);
    // What it left running must not touch the build's files any more.
    kill();
  }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error;
  }
}

/** Kills every process of a build's user: also those that left their process group. */
export function killAllOf(uid: number): void {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return;
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    try {
      if (statSync(`/proc/${pid}`).uid === uid) process.kill(pid, 'SIGKILL');
    } catch (error) {
      if (codeOf(error) !== 'ENOENT' && codeOf(error) !== 'ESRCH') throw error;
    }
  }
}
