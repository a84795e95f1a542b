import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';

import { z } from 'zod';

import type { SecretBox } from '../../kit/secret-box.ts';
import { slugFile } from '../../store/build-files.ts';
import { found, keyEndpoint } from '../endpoint.ts';

const Permit = z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/), until: z.number() });
const OWNER = 'slug';

/** The last part of a URL that gives a slug's archive for a while: sealed, so that nobody can make one. */
export function sealSlug(box: SecretBox, permit: z.infer<typeof Permit>): string {
  return box.seal(JSON.stringify(permit), OWNER);
}

export const slugBlob = keyEndpoint(
  { method: 'get', path: '/slug-blobs/:slug' },
  async ({ box, clock, home }, { params, response, signal }) => {
    const permit = openPermit(box, params['slug'] ?? '');
    const valid = permit !== undefined && permit.until > clock.now() ? permit : undefined;
    const file = slugFile(home, found(valid, 'slug').sha256);
    const { size } = found(await stat(file).catch(() => undefined), 'slug');
    response.writeHead(200, { 'Content-Type': 'application/zstd', 'Content-Length': String(size) });
    await pipeline(createReadStream(file), response, { signal });
  },
);

function openPermit(box: SecretBox, sealed: string): z.infer<typeof Permit> | undefined {
  try {
    return Permit.parse(JSON.parse(box.open(sealed, OWNER)));
  } catch {
    // Not one of ours.
    return undefined;
  }
}
