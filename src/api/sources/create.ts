import { randomBytes, randomUUID } from 'node:crypto';

import type { Platform } from '../../ports.ts';
import { insertSource } from '../../store/sources.ts';
import { hashToken } from '../../store/users.ts';
import { accountEndpoint, appEndpoint, type Answer, type Call } from '../endpoint.ts';

export const sourceCreate = accountEndpoint(
  { method: 'post', path: '/sources' },
  async (platform, call) => create(platform, call),
);

export const sourceCreateForApp = appEndpoint(
  { method: 'post', path: '/apps/:app/sources', access: 'operate' },
  async (platform, call) => create(platform, call),
);

/** A place to put an archive. Its URLs hold its key; a repeated request makes a second, unused place. */
async function create({ pool, addresses }: Platform, { user }: Call): Promise<Answer> {
  const id = randomUUID();
  const key = randomBytes(24).toString('base64url');
  await insertSource(pool, { id, userId: user.id, keyHash: hashToken(key) });
  const url = `${addresses.api}/source-blobs/${id}/${key}`;
  return { status: 201, body: { source_blob: { get_url: url, put_url: url } } };
}
