import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';

import { openSource, sourceFile } from '../store/open-source.ts';
import { fault } from '../faults.ts';
import type { Platform } from '../ports.ts';

export interface SourceToFetch {
  readonly url: string;
  readonly checksum: string | null;
}

/** The file of a source that was put here. @throws Fault SOURCE_UNUSABLE */
export async function fetchSource(
  platform: Platform,
  { url, checksum }: SourceToFetch,
): Promise<string> {
  const prefix = `${platform.addresses.api}/source-blobs/`;
  if (!url.startsWith(prefix)) {
    throw fault(
      'SOURCE_UNUSABLE',
      'Landbridge builds sources that were uploaded to it: POST /sources gives a put_url for the archive and a get_url for source_blob.url.',
    );
  }
  const [id = '', key = ''] = url.slice(prefix.length).split('/');
  const source = await openSource(platform.pool, { id, key });
  if (source?.size === undefined || source.size === null) {
    throw fault(
      'SOURCE_UNUSABLE',
      'The source was not uploaded, or is gone: an upload is kept for a day. PUT the archive to a new put_url.',
    );
  }
  const file = sourceFile(platform.home, source.id);
  await checkSum(file, checksum);
  return file;
}

async function checkSum(file: string, checksum: string | null): Promise<void> {
  const wanted = /^SHA256:([0-9a-f]{64})$/i.exec(checksum ?? '')?.[1];
  if (wanted === undefined) {
    if (checksum === null) return;
    throw fault(
      'SOURCE_UNUSABLE',
      `The checksum ${JSON.stringify(checksum)} has another form than SHA256:<hex>.`,
    );
  }
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  if (hash.digest('hex') !== wanted.toLowerCase()) {
    throw fault(
      'SOURCE_UNUSABLE',
      'The source has another SHA-256 than its checksum says. Upload it again.',
    );
  }
}
