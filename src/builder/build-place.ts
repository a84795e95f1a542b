import { createHash } from 'node:crypto';
import { chmod, chown, lchown, lstat, mkdir, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { BUILD_UIDS, BUILDS_AT_ONCE, FIRST_BUILD_UID } from '../limits.ts';
import { killAllOf } from './run-program.ts';

/** A build's own folders, gone when it is over. */
export interface BuildPlace extends AsyncDisposable {
  readonly app: string;
  readonly home: string;
  readonly tmp: string;
  /** The build's own user where we are the superuser. */
  readonly uid: number | undefined;
  giveToBuildUser(path: string): Promise<void>;
}

/**
 * A place for one build, in the machine's folder for temporary files, since a build's user may not enter our home. Two
 * builds at once have different slots, so different users: neither reads or signals the other.
 */
export async function makeBuildPlace(home: string, slot: number): Promise<BuildPlace> {
  const superuser = process.getuid?.() === 0;
  const uid = superuser ? uidOf(home, slot) : undefined;
  const root = join(tmpdir(), `${prefixOf(home)}${slot}`);
  // A builder that was killed left its build running here: it ends before its folder goes.
  if (uid !== undefined) killAllOf(uid);
  await rm(root, REMOVE);
  // Ours, and only to pass through: a build that could rename its folders could put a link to ours in their place.
  await mkdir(root);
  await chmod(root, uid === undefined ? 0o700 : 0o711);
  const folders = { app: join(root, 'app'), home: join(root, 'home'), tmp: join(root, 'tmp') };
  for (const folder of Object.values(folders)) await mkdir(folder, { mode: 0o700 });
  const give = async (path: string): Promise<void> => {
    if (uid !== undefined) await chownAll(path, uid);
  };
  for (const folder of Object.values(folders)) await give(folder);
  return {
    ...folders,
    uid,
    giveToBuildUser: give,
    async [Symbol.asyncDispose]() {
      if (uid !== undefined) killAllOf(uid);
      await rm(root, REMOVE);
    },
  };
}

/** Processes that were killed a moment ago may still be writing while a folder is removed. */
const REMOVE = { recursive: true, force: true, maxRetries: 5, retryDelay: 100 } as const;

/**
 * The user of a slot's builds. All processes of that user are killed with a build, so another installation on this
 * machine must have other ones: each home has a few of its own.
 */
function uidOf(home: string, slot: number): number {
  const places = Math.floor(BUILD_UIDS / BUILDS_AT_ONCE);
  const place = createHash('sha256').update(home).digest().readUInt32BE(0) % places;
  return FIRST_BUILD_UID + place * BUILDS_AT_ONCE + slot;
}

/** Removes what builders that were killed left. Called before any build begins. */
export async function removeBuildPlaces(home: string): Promise<void> {
  const prefix = prefixOf(home);
  for (const name of await readdir(tmpdir())) {
    if (name.startsWith(prefix)) await rm(join(tmpdir(), name), REMOVE);
  }
}

/** One for each home, so that two installations on a machine do not meet. */
function prefixOf(home: string): string {
  return `landbridge-build-${createHash('sha256').update(home).digest('hex').slice(0, 12)}-`;
}

/** Never through a link: what it points to is not ours to give. */
async function chownAll(path: string, uid: number): Promise<void> {
  const status = await lstat(path);
  if (status.isSymbolicLink()) {
    await lchown(path, uid, uid);
    return;
  }
  await chown(path, uid, uid);
  if (!status.isDirectory()) return;
  for (const name of await readdir(path)) await chownAll(join(path, name), uid);
}
