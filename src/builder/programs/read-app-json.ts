/**
 * A program of its own, `node read-app-json.ts ARCHIVE BYTES`: prints the app.json of a source archive, of its root or
 * of the one folder that everything is in. Prints nothing when there is none.
 */
import { posix } from 'node:path';

import { list, type ReadEntry } from 'tar';

const [archive = '', bytesMax = ''] = process.argv.slice(2);
const found = new Map<number, string>();

function collect(entry: ReadEntry): void {
  const parts = posix.normalize(entry.path).split('/');
  if (parts.length > 2 || parts.at(-1) !== 'app.json' || entry.type !== 'File') return;
  if ((entry.size ?? 0) > Number(bytesMax)) {
    process.stderr.write(`app.json has more than ${bytesMax} bytes.`);
    process.exit(2);
  }
  const chunks: Buffer[] = [];
  entry.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
  });
  entry.on('end', () => {
    found.set(parts.length, Buffer.concat(chunks).toString('utf8'));
  });
}

try {
  await list({ file: archive, onReadEntry: collect, strict: true });
} catch (error) {
  process.stderr.write(
    `The archive cannot be read: it is not a tar.gz, or it is damaged (${error instanceof Error ? error.message : String(error)}).`,
  );
  process.exit(2);
}
process.stdout.write(found.get(1) ?? found.get(2) ?? '');
