import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';

import { fault } from '../../faults.ts';
import { SOURCE_BYTES_MAX } from '../../limits.ts';
import { setSourceSize } from '../../store/sources.ts';
import { found, keyEndpoint } from '../endpoint.ts';
import { openSource, sourceFile } from '../../store/open-source.ts';

/** Takes the archive in. It is written aside and renamed when whole: no build meets half an upload. */
export const sourcePut = keyEndpoint(
  { method: 'put', path: '/source-blobs/:id/:key' },
  async (platform, { params, request, response, signal }) => {
    const source = found(await openSource(platform.pool, params), 'source');
    const file = sourceFile(platform.home, source.id);
    const fresh = `${file}.${process.pid}.new`;
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    let size = 0;
    try {
      await pipeline(
        request,
        async function* limit(chunks: AsyncIterable<Buffer>) {
          for await (const chunk of chunks) {
            size += chunk.length;
            if (size > SOURCE_BYTES_MAX) {
              throw fault(
                'REQUEST_TOO_LARGE',
                `A source may have ${SOURCE_BYTES_MAX / 2 ** 30} GB. Leave out what a build does not need.`,
              );
            }
            yield chunk;
          }
        },
        createWriteStream(fresh, { mode: 0o600 }),
        { signal },
      );
      await rename(fresh, file);
    } finally {
      await rm(fresh, { force: true });
    }
    await setSourceSize(platform.pool, source.id, size);
    response.writeHead(200, { 'Content-Length': '0' }).end();
  },
);
