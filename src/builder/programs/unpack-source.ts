/**
 * A program of its own, `node unpack-source.ts ARCHIVE FOLDER BYTES FILES`: unpacks a source archive that a stranger
 * made, as the build's user. The archive is read twice: nothing is written before every entry was found harmless.
 *
 * Refused are absolute paths, "..", links that lead out of the folder, devices, and more bytes or files than allowed.
 * An archive whose entries are all in one folder (as code hosts make them) is unpacked without that folder.
 */
import { posix } from 'node:path';

import { list, extract, type ReadEntry } from 'tar';

const [archive = '', folder = '', bytesMax = '', filesMax = ''] = process.argv.slice(2);
const BUNDLE_TYPES = new Set([
  'File',
  'OldFile',
  'ContiguousFile',
  'Directory',
  'SymbolicLink',
  'Link',
]);

interface Link {
  readonly path: string;
  readonly target: string;
  readonly symbolic: boolean;
}

const roots = new Set<string>();
const links: Link[] = [];
let bytes = 0;
let files = 0;
let flat = false;

function refuse(reason: string): never {
  process.stderr.write(reason);
  process.exit(2);
}

function inspect(entry: ReadEntry): void {
  const path = posix.normalize(entry.path).replace(/\/$/, '');
  if (entry.path.includes('\0') || posix.isAbsolute(entry.path)) {
    refuse(`The archive has an absolute path: ${shown(entry.path)}`);
  }
  if (path === '..' || path.startsWith('../') || entry.path.split('/').includes('..')) {
    refuse(`The archive has a path that leads out of it: ${shown(entry.path)}`);
  }
  if (!BUNDLE_TYPES.has(entry.type)) {
    refuse(`The archive has a ${entry.type}, which no source needs: ${shown(entry.path)}`);
  }
  files += 1;
  bytes += entry.size ?? 0;
  if (files > Number(filesMax)) refuse(`The archive has more than ${filesMax} files.`);
  if (bytes > Number(bytesMax)) refuse(`The archive unpacks to more than ${bytesMax} bytes.`);
  if (entry.linkpath !== undefined && (entry.type === 'SymbolicLink' || entry.type === 'Link')) {
    links.push({ path, target: entry.linkpath, symbolic: entry.type === 'SymbolicLink' });
  }
  const [root = ''] = path.split('/');
  if (path === '.') return;
  roots.add(root);
  if (path === root && entry.type !== 'Directory') flat = true;
}

function checkLinks(prefix: string): void {
  for (const { path, target, symbolic } of links) {
    const reached = posix.normalize(symbolic ? posix.join(posix.dirname(path), target) : target);
    const inside =
      prefix === '' ? !reached.startsWith('..') : `${reached}/`.startsWith(`${prefix}/`);
    if (posix.isAbsolute(target) || !inside) {
      refuse(`The archive has a link that leads out of it: ${shown(path)} -> ${shown(target)}`);
    }
  }
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 200));
}

try {
  await list({ file: archive, onReadEntry: inspect, strict: true });
  if (files === 0) refuse('The archive is empty.');
  const [only = ''] = roots;
  const wrapped = roots.size === 1 && !flat;
  checkLinks(wrapped ? only : '');
  await extract({
    file: archive,
    cwd: folder,
    strip: wrapped ? 1 : 0,
    preserveOwner: false,
    strict: true,
  });
} catch (error) {
  refuse(
    `The archive cannot be unpacked: it is not a tar.gz, or it is damaged (${error instanceof Error ? error.message : String(error)}).`,
  );
}
