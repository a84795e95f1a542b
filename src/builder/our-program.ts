import { fileURLToPath } from 'node:url';

import { fault } from '../faults.ts';
import { runProgram } from './run-program.ts';

/** Our own programs under programs/: what a stranger made is opened in a process of its own, with an empty environment. */
export async function runOurProgram(
  name: 'unpack-source' | 'pack-slug' | 'read-app-json',
  {
    args,
    cwd,
    signal,
  }: { readonly args: readonly string[]; readonly cwd: string; readonly signal: AbortSignal },
): Promise<string> {
  const said = { stdout: new Array<Buffer>(), stderr: new Array<Buffer>() };
  const file = fileURLToPath(new URL(`programs/${name}.ts`, import.meta.url));
  const status = await runProgram({
    argv: [process.execPath, '--no-warnings', file, ...args],
    cwd,
    environment: {},
    uid: undefined,
    signal,
    onOutput: (chunk, from) => said[from].push(chunk),
  });
  signal.throwIfAborted();
  if (status === 0) return Buffer.concat(said.stdout).toString('utf8');
  // Status 2 is a refusal in our own words; anything else is a defect.
  const words = Buffer.concat(said.stderr).toString('utf8').trim().slice(0, 500);
  if (status === 2) throw fault('SOURCE_UNUSABLE', words);
  throw new Error(`${name} ended with status ${status}: ${words}`);
}
