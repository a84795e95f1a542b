/**
 * A program of its own, `node unpack.ts SLUG UID`: unpacks a slug into the present folder. It would keep the event loop
 * that also carries the web traffic busy; and the system's `tar` takes a fifth of the time of one in JavaScript (2,100
 * files, 136 MB: 0.4 s against 2 s). With a UID other than 0, `tar` runs as that user, who can write nowhere else and make no
 * devices, whatever the archive says.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createZstdDecompress } from 'node:zlib';

const CHUNK_BYTES = 1_048_576;

const [slug, user] = process.argv.slice(2);
if (slug === undefined || user === undefined) throw new TypeError('usage: unpack.ts SLUG UID');
const uid = Number(user);
const tar = spawn('tar', ['-x', '-o', '-f', '-'], {
  stdio: ['pipe', 'ignore', 'inherit'],
  ...(uid === 0 ? {} : { uid, gid: uid }),
});
const ended = once(tar, 'close');
await pipeline(
  createReadStream(slug, { highWaterMark: CHUNK_BYTES }),
  createZstdDecompress({ chunkSize: CHUNK_BYTES }),
  tar.stdin,
);
const [status]: unknown[] = await ended;
process.exitCode = status === 0 ? 0 : 1;
