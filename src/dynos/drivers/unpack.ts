/**
 * A program of its own, `node unpack.ts SLUG FOLDER`: unpacks a slug. Thousands of small files would keep the event loop
 * that also carries the web traffic busy for seconds.
 */
import { createReadStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createZstdDecompress } from 'node:zlib';

import { x as extract } from 'tar';

const [slug, folder] = process.argv.slice(2);
if (slug === undefined || folder === undefined) throw new TypeError('usage: unpack.ts SLUG FOLDER');
await mkdir(folder, { recursive: true });
// `tar` strips absolute paths, refuses "..", and never writes through a link that the archive itself made.
await pipeline(
  createReadStream(slug),
  createZstdDecompress(),
  extract({ cwd: folder, preserveOwner: false, strict: false }),
);
