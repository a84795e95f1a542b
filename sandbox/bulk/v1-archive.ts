import { Readable } from 'node:stream';

import JSZip from 'jszip';
import { z } from 'zod';

import type { InputRecord } from '../records/engine.ts';
import type { ObjectDef } from '../schema/schema.ts';
import { ATTACHMENT_BYTES_MAX, ATTACHMENTS_BYTES_MAX, ATTACHMENTS_MAX } from './limits.ts';
import { AsyncError } from './v1-format.ts';

/** A batch with files: its records, and the files its records name, by their paths. */
export interface Archive {
  readonly request: Buffer;
  readonly files: ReadonlyMap<string, Buffer>;
}

/** In the archive the records are in this file, whatever their language. */
const REQUEST = 'request.txt';

/** Opens a batch of one of the ZIP content types; what would unpack to too much is refused while it is unpacked. */
export async function openArchive(zip: Buffer): Promise<Archive> {
  const archive = await JSZip.loadAsync(zip).catch((cause: unknown) => {
    throw new AsyncError('InvalidBatch', `Failed to parse the ZIP archive: ${String(cause)}`);
  });
  const entries = Object.values(archive.files).filter(({ dir }) => !dir);
  if (entries.length - 1 > ATTACHMENTS_MAX) {
    throw new AsyncError('InvalidBatch', `A batch has at most ${ATTACHMENTS_MAX} attachments`);
  }
  const files = new Map<string, Buffer>();
  let left = ATTACHMENTS_BYTES_MAX;
  for (const entry of entries) {
    const bytes = await unpack(entry, Math.min(left, ATTACHMENT_BYTES_MAX));
    left -= bytes.length;
    files.set(entry.name.replace(/^\.\//, ''), bytes);
  }
  const request = files.get(REQUEST);
  if (request === undefined) {
    throw new AsyncError('InvalidBatch', `${REQUEST} not found in the ZIP archive`);
  }
  return { request, files };
}

async function unpack(entry: JSZip.JSZipObject, most: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of new Readable().wrap(entry.nodeStream())) {
    const part = z.instanceof(Buffer).parse(chunk);
    bytes += part.length;
    if (bytes > most) throw new AsyncError('InvalidBatch', `${entry.name} is too large`);
    chunks.push(part);
  }
  return Buffer.concat(chunks);
}

/** Records with their files: a value of a binary field that begins with # is the path of one. */
export function withFiles(
  object: ObjectDef,
  records: readonly InputRecord[],
  files: ReadonlyMap<string, Buffer>,
): readonly InputRecord[] {
  const binary = new Set(
    object.fields.filter(({ type }) => type === 'base64').map(({ name }) => name.toLowerCase()),
  );
  return records.map((record) =>
    Object.fromEntries(
      Object.entries(record).map(([name, value]) =>
        binary.has(name.toLowerCase()) && typeof value === 'string' && value.startsWith('#')
          ? [name, fileOf(files, value.slice(1))]
          : [name, value],
      ),
    ),
  );
}

function fileOf(files: ReadonlyMap<string, Buffer>, path: string): string {
  const file = files.get(path.replace(/^\.?\//, ''));
  if (file === undefined) {
    throw new AsyncError('InvalidBatch', `${path} not found in the ZIP archive`);
  }
  return file.toString('base64');
}
