/**
 * A program of its own, `node pack-slug.ts FOLDER FILE BYTES UID`: packs a built app into a zstd tar and prints
 * `{"sha256", "size"}`. The same files make the same bytes: no times, owners or order of the disk are in it.
 *
 * Every file must be the build user's (UID, or -1 where builds have no user of their own): a build could have made a hard
 * link to a file of ours, and we read as ourselves.
 */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { constants, createZstdCompress } from 'node:zlib';

import { create } from 'tar';

const [folder = '', file = '', bytesMax = '', uid = '-1'] = process.argv.slice(2);

/** What npm gives every file; some tools mistrust zero. */
const MTIME = new Date('1985-10-26T08:15:00Z');
/** Half the time of level 6 for 4 % more bytes, measured on node_modules with Node’s binary. */
const LEVEL = 3;

function stop(reason: string): never {
  process.stderr.write(reason);
  process.exit(2);
}

/** Every path, folders before what is in them, in one order everywhere. */
async function pathsOf(under: string): Promise<string[]> {
  const entries = await readdir(join(folder, under), { withFileTypes: true });
  const sorted = entries.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const found: string[] = [];
  for (const entry of sorted) {
    const path = under === '' ? entry.name : `${under}/${entry.name}`;
    found.push(`./${path}`);
    if (uid !== '-1' && (await lstat(join(folder, path))).uid !== Number(uid)) {
      stop(`The build left a file that is not its own: ${path}`);
    }
    if (entry.isDirectory()) found.push(...(await pathsOf(path)));
  }
  return found;
}

const hash = createHash('sha256');
let size = 0;
const paths = await pathsOf('');
await pipeline(
  create({ cwd: folder, portable: true, mtime: MTIME, noDirRecurse: true, strict: true }, paths),
  createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: LEVEL } }),
  async function* measure(chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      size += chunk.length;
      if (size > Number(bytesMax)) {
        stop(`The slug is larger than ${Math.floor(Number(bytesMax) / 1_048_576)} MB.`);
      }
      hash.update(chunk);
      yield chunk;
    }
  },
  createWriteStream(file, { mode: 0o600 }),
);
process.stdout.write(JSON.stringify({ sha256: hash.digest('hex'), size }));
