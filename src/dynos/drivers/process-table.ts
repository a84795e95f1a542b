import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';

import { codeOf } from '../../kit/fault.ts';

/** One process of this machine, as far as it matters for finding a dyno's processes. */
export interface Process {
  readonly pid: number;
  readonly group: number;
  readonly uid: number;
  readonly memoryBytes: number;
  readonly cpuMs: number;
  readonly argv: readonly string[];
  /** The dyno it was started for, when its environment says so and may be read. */
  readonly dynoId: string | undefined;
}

export const DYNO_MARK = 'LANDBRIDGE_DYNO_ID';

const PAGE_BYTES = 4_096;
/** USER_HZ, the same on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** All living processes; those that have ended and only wait to be collected are not among them. */
export async function readProcesses(): Promise<readonly Process[]> {
  return process.platform === 'linux' ? readProc() : await readPs();
}

/** Whether the process lives and is still the one that was started with this word: process ids are given out again. */
export function isAlive(pid: number, word: string): boolean {
  if (process.platform === 'linux') {
    return readStat(pid) !== undefined && words(readText(`/proc/${pid}/cmdline`)).includes(word);
  }
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

/** Sends a signal to a process, or with a negative number to a process group; none there is none to tell. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error;
  }
}

/** /proc is memory, not disk: read synchronously, some hundred processes take a few milliseconds. */
function readProc(): readonly Process[] {
  const found: Process[] = [];
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const stat = readStat(pid);
    if (stat === undefined) continue;
    found.push({
      pid,
      ...stat,
      argv: words(readText(`/proc/${pid}/cmdline`)),
      dynoId: markOf(pid),
    });
  }
  return found;
}

function readStat(
  pid: number,
): Pick<Process, 'group' | 'uid' | 'memoryBytes' | 'cpuMs'> | undefined {
  const text = readText(`/proc/${pid}/stat`);
  // The program's name stands in parentheses and may hold anything, so fields are counted from the last one.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, , group] = fields;
  if (group === undefined || state === 'Z' || state === 'X') return undefined;
  const uid = /^Uid:\s+(\d+)/m.exec(readText(`/proc/${pid}/status`))?.[1];
  return {
    group: Number(group),
    uid: Number(uid ?? -1),
    memoryBytes: Number(fields[21] ?? 0) * PAGE_BYTES,
    cpuMs: ((Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * 1_000) / TICKS_PER_SECOND,
  };
}

function markOf(pid: number): string | undefined {
  const mark = words(readText(`/proc/${pid}/environ`)).find((entry) =>
    entry.startsWith(`${DYNO_MARK}=`),
  );
  return mark?.slice(DYNO_MARK.length + 1);
}

function words(text: string): readonly string[] {
  return text.split('\0');
}

/** A process may end between two looks, and others' environments may not be read: both are no text. */
function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** Where there is no /proc: without environments, so a process that leaves its group is not found. */
async function readPs(): Promise<readonly Process[]> {
  const { stdout } = await promisify(execFile)('ps', ['-axo', 'pid=,pgid=,uid=,rss=,stat=,args='], {
    maxBuffer: 16 * 1_048_576,
  });
  const found: Process[] = [];
  for (const line of stdout.split('\n')) {
    const match = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line);
    if (match === null || match[5]?.startsWith('Z') === true) continue;
    const [, pid, group, uid, rss, , args = ''] = match;
    found.push({
      pid: Number(pid),
      group: Number(group),
      uid: Number(uid),
      memoryBytes: Number(rss) * 1_024,
      cpuMs: 0,
      argv: args.split(/\s+/),
      dynoId: undefined,
    });
  }
  return found;
}
