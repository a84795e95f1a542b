import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { until } from '../../support/until.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');

export interface Service extends AsyncDisposable {
  readonly url: string;
  /** Everything it has written so far. */
  readonly output: () => string;
  /** Ends it as a crash does. */
  kill(): Promise<void>;
}

/** Runs one of the project's programs as a process of its own, and resolves once it is healthy. */
export async function startService(
  program: string,
  {
    port,
    environment,
  }: { readonly port: number; readonly environment: Readonly<Record<string, string>> },
): Promise<Service> {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, [join(ROOT, program)], {
    cwd: ROOT,
    env: { PATH, HOME, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const chunks: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk));
  }
  const output = (): string => chunks.join('');
  const url = `http://127.0.0.1:${port}`;
  try {
    const state = await until(
      async () => {
        if (child.exitCode !== null) return 'ended';
        return (await fetch(`${url}/health`)).status === 200 ? 'healthy' : undefined;
      },
      { what: `${program} to be healthy`, timeoutMs: 25_000, everyMs: 50 },
    );
    if (state === 'ended') throw new Error(`${program} ended`);
  } catch (error) {
    await end(child, 'SIGKILL');
    throw new Error(`${String(error)}\n${output()}`, { cause: error });
  }
  return {
    url,
    output,
    kill: () => end(child, 'SIGKILL'),
    [Symbol.asyncDispose]: () => end(child, 'SIGTERM'),
  };
}

/** Every program promises to end within this of a SIGTERM, with work under way or without. */
const ENDS_WITHIN_MS = 10_000;

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  const late = new AbortController();
  const inTime = await Promise.race([
    ended.then(() => true),
    delay(ENDS_WITHIN_MS, false, { signal: late.signal }).catch(() => true),
  ]);
  late.abort();
  if (inTime) return;
  child.kill('SIGKILL');
  await ended;
  throw new Error(`the program did not end within ${ENDS_WITHIN_MS} ms of ${signal}`);
}
