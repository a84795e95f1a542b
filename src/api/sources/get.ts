import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';

import { found, keyEndpoint } from '../endpoint.ts';
import { openSource, sourceFile } from '../../store/open-source.ts';

export const sourceGet = keyEndpoint(
  { method: 'get', path: '/source-blobs/:id/:key' },
  async (platform, { params, response, signal }) => {
    const source = found(await openSource(platform.pool, params), 'source');
    const size = found(source.size ?? undefined, 'source');
    response.writeHead(200, { 'Content-Type': 'application/gzip', 'Content-Length': String(size) });
    await pipeline(createReadStream(sourceFile(platform.home, source.id)), response, { signal });
  },
);
