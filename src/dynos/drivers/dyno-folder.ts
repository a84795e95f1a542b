import { createHash } from 'node:crypto';
import {
  chmod,
  mkdir,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { z } from 'zod';

import { codeOf } from '../../kit/fault.ts';
import type { DynoSpec } from '../driver.ts';

/** Where a superuser's dynos live when their users may not enter the home folder (/root is closed, for instance). */
const SHARED_STATE = '/var/lib/landbridge';

/**
 * The driver's folder.
 * ```
 * unpacked/<digest>/      a slug, unpacked once, copied for each dyno
 * run/<dyno id>/dyno.json what it is (no config vars: secrets are not written down)
 *               record    by its supervisor: "started <pid>", "exited <status>"
 *               log       its output;  log.read: how far we have read it
 *               app/ tmp/ its own
 * ```
 */
export interface DynoRoot {
  readonly unpacked: string;
  readonly run: string;
}

export async function settleDynoRoot(home: string): Promise<DynoRoot> {
  await mkdir(home, { recursive: true });
  const root = await placeOf(home);
  const superuser = process.getuid?.() === 0;
  // Dynos may pass through, not look around.
  await mkdir(join(root, 'run'), { recursive: true });
  await mkdir(join(root, 'unpacked'), { recursive: true });
  for (const folder of [root, join(root, 'run')]) await chmod(folder, superuser ? 0o711 : 0o700);
  await chmod(join(root, 'unpacked'), 0o700);
  return { unpacked: join(root, 'unpacked'), run: join(root, 'run') };
}

/** The same home always has the same place, so nothing has to be remembered. */
async function placeOf(home: string): Promise<string> {
  const real = await realpath(home);
  const inside = join(real, 'dynos');
  if (process.getuid?.() !== 0 || (await openToAll(real))) return inside;
  const name = createHash('sha256').update(real).digest('hex').slice(0, 12);
  const outside = join(SHARED_STATE, `dynos-${name}`);
  await mkdir(outside, { recursive: true });
  await chmod(SHARED_STATE, 0o755);
  await symlink(outside, inside).catch((error: unknown) => {
    if (codeOf(error) !== 'EEXIST') throw error;
  });
  return outside;
}

async function openToAll(folder: string): Promise<boolean> {
  for (let at = folder; ; at = dirname(at)) {
    const { mode } = await stat(at);
    if ((mode & 0o001) === 0) return false;
    if (at === dirname(at)) return true;
  }
}

const DynoFile = z.object({
  id: z.uuid(),
  appId: z.string(),
  name: z.string(),
  releaseVersion: z.number(),
  port: z.number().optional(),
  memoryBytes: z.number(),
  uid: z.number().optional(),
});
export type DynoFile = Readonly<z.infer<typeof DynoFile>>;

export async function writeDynoFile(folder: string, file: DynoFile): Promise<void> {
  const fresh = join(folder, `dyno.json.${process.pid}.new`);
  await writeFile(fresh, JSON.stringify(file), { mode: 0o600 });
  await rename(fresh, join(folder, 'dyno.json'));
}

export function dynoFileOf(spec: DynoSpec, uid: number | undefined): DynoFile {
  const { id, appId, name, releaseVersion, port, memoryBytes } = spec;
  return {
    id,
    appId,
    name,
    releaseVersion,
    memoryBytes,
    ...(port === undefined ? {} : { port }),
    ...(uid === undefined ? {} : { uid }),
  };
}

/** The dynos that have a folder. A folder without its file is the left-over of a start that was cut off: it goes. */
export async function readDynoFiles(run: string): Promise<readonly DynoFile[]> {
  const found: DynoFile[] = [];
  for (const id of await readdir(run)) {
    const file = await readDynoFile(join(run, id));
    if (file === undefined) await rm(join(run, id), { recursive: true, force: true });
    else found.push(file);
  }
  return found;
}

async function readDynoFile(folder: string): Promise<DynoFile | undefined> {
  try {
    return DynoFile.parse(JSON.parse(await readFile(join(folder, 'dyno.json'), 'utf8')));
  } catch {
    return undefined;
  }
}

export interface DynoRecord {
  readonly pid: number | undefined;
  readonly status: number | undefined;
}

export async function readRecord(folder: string): Promise<DynoRecord> {
  const text = await readFile(join(folder, 'record'), 'utf8').catch(() => '');
  return { pid: numberAfter('started', text), status: numberAfter('exited', text) };
}

function numberAfter(word: string, text: string): number | undefined {
  const digits = new RegExp(`^${word} (\\d+)$`, 'm').exec(text)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
